#include <png.h>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <csetjmp>
#include <cstring>
#include <utility>

#include "worker/data/raster.h"

namespace descent {
namespace {

// The library calls back on an error and must not be returned to, so reading jumps out of it. No
// function between setjmp and the jump has anything to destroy: what is to be freed lies here.
class PngReader {
 public:
  explicit PngReader(std::string_view bytes) : bytes_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &PngReader::OnError,
                                  &PngReader::OnWarning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  Result<Raster> Read() {
    if (info_ == nullptr) return Status(Code::kResourceExhausted, "no memory to decode a PNG");
    if (!ReadSize()) return Problem();
    DESCENT_RETURN_IF_ERROR(CheckImageSize(raster_.height, raster_.width));
    if (!ChooseForm()) return Problem();
    const auto row_bytes = static_cast<std::size_t>(raster_.width * raster_.channels);
    raster_.samples.resize(row_bytes * static_cast<std::size_t>(raster_.height));
    rows_.resize(static_cast<std::size_t>(raster_.height));
    for (std::size_t row = 0; row < rows_.size(); ++row)
      rows_[row] = raster_.samples.data() + row * row_bytes;
    if (!ReadRows()) return Problem();
    return std::move(raster_);
  }

 private:
  static void OnError(png_structp png, png_const_charp message) {
    static_cast<PngReader*>(png_get_error_ptr(png))->SetMessage(message);
    png_longjmp(png, 1);
  }
  static void OnWarning(png_structp, png_const_charp) {}  // about what is not the pixels

  static void OnRead(png_structp png, png_bytep target, std::size_t size) {
    auto& bytes = static_cast<PngReader*>(png_get_io_ptr(png))->bytes_;
    if (size > bytes.size()) png_error(png, "truncated");
    std::memcpy(target, bytes.data(), size);
    bytes.remove_prefix(size);
  }

  void SetMessage(const char* message) {
    std::strncpy(message_.data(), message, message_.size() - 1);
  }

  Status Problem() const {
    return Status(Code::kInvalidArgument, fmt::format("corrupt PNG: {}", message_.data()));
  }

  bool ReadSize() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_read_fn(png_, this, &PngReader::OnRead);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // ours have their own message
    png_read_info(png_, info_);
    raster_.height = png_get_image_height(png_, info_);
    raster_.width = png_get_image_width(png_, info_);
    return true;
  }

  // Every kind of PNG becomes bytes of grey or of three colours.
  bool ChooseForm() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_strip_16(png_);
    png_set_strip_alpha(png_);
    png_set_packing(png_);
    const int colour = png_get_color_type(png_, info_);
    if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (colour == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    raster_.channels = png_get_channels(png_, info_);
    return true;
  }

  bool ReadRows() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  std::string_view bytes_;  // not yet read
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::array<char, 128> message_ = {};
  Raster raster_;
  std::vector<png_bytep> rows_;
};

}  // namespace

Result<Raster> DecodePng(std::string_view bytes) { return PngReader(bytes).Read(); }

}  // namespace descent
