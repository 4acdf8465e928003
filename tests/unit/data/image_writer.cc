#include "tests/unit/data/image_writer.h"

#include <cstddef>
#include <cstdio>  // jpeglib.h needs it
#include <cstdlib>

#include <jpeglib.h>
#include <png.h>

#include "common/check.h"

namespace descent {
namespace {

std::size_t ChannelsOf(int height, int width, std::size_t bytes) {
  return bytes / static_cast<std::size_t>(height * width);
}

}  // namespace

std::string PngBytes(int height, int width, const std::vector<std::uint8_t>& pixels) {
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.height = static_cast<png_uint_32>(height);
  image.width = static_cast<png_uint_32>(width);
  image.format = ChannelsOf(height, width, pixels.size()) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = 0;
  DESCENT_CHECK(png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr));
  std::string bytes(size, '\0');
  DESCENT_CHECK(
      png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr));
  bytes.resize(size);
  return bytes;
}

std::string JpegBytes(int height, int width, const std::vector<std::uint8_t>& pixels) {
  const std::size_t channels = ChannelsOf(height, width, pixels.size());
  jpeg_compress_struct jpeg = {};
  jpeg_error_mgr errors = {};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_height = static_cast<JDIMENSION>(height);
  jpeg.image_width = static_cast<JDIMENSION>(width);
  jpeg.input_components = static_cast<int>(channels);
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<std::uint8_t> copy = pixels;  // the library takes rows that it could change
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = copy.data() + jpeg.next_scanline * static_cast<std::size_t>(width) * channels;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<const char*>(memory), size);
  std::free(memory);
  return bytes;
}

std::string PlainPng(int height, int width, const std::vector<std::uint8_t>& pixel) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < height * width; ++i) pixels.insert(pixels.end(), pixel.begin(), pixel.end());
  return PngBytes(height, width, pixels);
}

}  // namespace descent
