#include <spdlog/fmt/fmt.h>

#include <array>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it
#include <utility>

#include <jpeglib.h>

#include "common/limits.h"
#include "worker/data/raster.h"

namespace descent {
namespace {

// The library calls back on an error and must not be returned to, so reading jumps out of it. No
// function between setjmp and the jump has anything to destroy: what is to be freed lies here.
class JpegReader {
 public:
  explicit JpegReader(std::string_view bytes) : bytes_(bytes) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = &JpegReader::OnError;
    errors_.emit_message = &JpegReader::OnMessage;
    progress_.progress_monitor = &JpegReader::OnProgress;
    jpeg_.client_data = this;
  }
  ~JpegReader() { jpeg_destroy_decompress(&jpeg_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  Result<Raster> Read() {
    if (!ReadHeader()) return Problem();
    DESCENT_RETURN_IF_ERROR(CheckImageSize(raster_.height, raster_.width));
    if (raster_.channels != 1 && raster_.channels != 3)
      return Status(Code::kInvalidArgument,
                    fmt::format("a JPEG of {} colours, must be grey or of 3", raster_.channels));
    raster_.samples.resize(
        static_cast<std::size_t>(raster_.height * raster_.width * raster_.channels));
    if (!ReadRows()) return Problem();
    return std::move(raster_);
  }

 private:
  static JpegReader& ReaderOf(j_common_ptr jpeg) {
    return *static_cast<JpegReader*>(jpeg->client_data);
  }

  static void OnError(j_common_ptr jpeg) {
    JpegReader& reader = ReaderOf(jpeg);
    jpeg->err->format_message(jpeg, reader.message_.data());
    std::longjmp(reader.jump_, 1);
  }

  // The library fills in what is missing and goes on with a warning: for us that is an error.
  static void OnMessage(j_common_ptr jpeg, int level) {
    if (level < 0) OnError(jpeg);
  }

  // Between two rows of blocks. A file of a few bytes can have so many scans that it takes hours.
  static void OnProgress(j_common_ptr jpeg) {
    JpegReader& reader = ReaderOf(jpeg);
    if (reader.jpeg_.input_scan_number <= limits::kImageScansMax) return;
    std::snprintf(reader.message_.data(), reader.message_.size(), "more than %d scans",
                  limits::kImageScansMax);
    std::longjmp(reader.jump_, 1);
  }

  Status Problem() const {
    return Status(Code::kInvalidArgument, fmt::format("corrupt JPEG: {}", message_.data()));
  }

  bool ReadHeader() {
    if (setjmp(jump_) != 0) return false;
    jpeg_create_decompress(&jpeg_);
    jpeg_.progress = &progress_;
    jpeg_mem_src(&jpeg_, reinterpret_cast<const unsigned char*>(bytes_.data()), bytes_.size());
    jpeg_read_header(&jpeg_, TRUE);
    raster_.height = jpeg_.image_height;
    raster_.width = jpeg_.image_width;
    raster_.channels = jpeg_.num_components;
    return true;
  }

  bool ReadRows() {
    if (setjmp(jump_) != 0) return false;
    jpeg_.out_color_space = raster_.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_.dct_method = JDCT_ISLOW;  // the same bits on every machine
    jpeg_start_decompress(&jpeg_);
    while (jpeg_.output_scanline < jpeg_.output_height) {
      JSAMPROW row = raster_.samples.data() + std::size_t{jpeg_.output_scanline} *
                                                  jpeg_.output_width *
                                                  static_cast<unsigned>(jpeg_.output_components);
      jpeg_read_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_decompress(&jpeg_);
    return true;
  }

  std::string_view bytes_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  std::array<char, JMSG_LENGTH_MAX> message_ = {};
  Raster raster_;
};

}  // namespace

Result<Raster> DecodeJpeg(std::string_view bytes) { return JpegReader(bytes).Read(); }

}  // namespace descent
