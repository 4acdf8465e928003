#include "worker/data/image_file.h"

#include <spdlog/fmt/fmt.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "common/check.h"
#include "common/file.h"
#include "common/limits.h"
#include "worker/data/raster.h"

namespace descent {
namespace {

constexpr std::string_view kPngStart = "\x89PNG\r\n\x1A\n";
constexpr std::string_view kJpegStart = "\xFF\xD8\xFF";

Result<Raster> DecodeRaster(std::string_view bytes) {
  if (bytes.starts_with(kPngStart)) return DecodePng(bytes);
  if (bytes.starts_with(kJpegStart)) return DecodeJpeg(bytes);
  return Status(Code::kInvalidArgument, "neither PNG nor JPEG");
}

std::uint8_t Grey(std::span<const std::uint8_t> colours) {
  return static_cast<std::uint8_t>(
      (299u * colours[0] + 587u * colours[1] + 114u * colours[2] + 500u) / 1000u);
}

}  // namespace

Status CheckImageSize(std::int64_t height, std::int64_t width) {
  const auto is_allowed = [](std::int64_t side) {
    return side >= 1 && side <= limits::kImageSideMax;
  };
  if (is_allowed(height) && is_allowed(width)) return Status();
  return Status(Code::kInvalidArgument, fmt::format("{} x {} pixels, must be from 1 to {} each way",
                                                    height, width, limits::kImageSideMax));
}

Result<PixelImage> DecodeImage(std::string_view bytes, std::int64_t channels) {
  DESCENT_CHECK(channels == 1 || channels == 3);
  DESCENT_ASSIGN(const Raster raster, DecodeRaster(bytes));
  const auto pixels = static_cast<std::size_t>(raster.height * raster.width);
  const auto source_channels = static_cast<std::size_t>(raster.channels);
  PixelImage image{
      .shape = {.channels = channels, .height = raster.height, .width = raster.width},
      .pixels = std::vector<std::uint8_t>(pixels * static_cast<std::size_t>(channels))};
  for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
    const auto source = std::span(raster.samples).subspan(pixel * source_channels, source_channels);
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels); ++channel) {
      const bool becomes_grey = source_channels == 3 && channels == 1;
      image.pixels[channel * pixels + pixel] =
          becomes_grey ? Grey(source) : source[source_channels == 1 ? 0 : channel];
    }
  }
  return image;
}

Result<PixelImage> ReadImageFile(const std::filesystem::path& path, std::int64_t channels) {
  const Result<std::string> bytes = ReadFile(path, limits::kImageFileBytesMax);
  if (!bytes.ok()) return Status(Code::kInvalidArgument, bytes.status().message());
  Result<PixelImage> image = DecodeImage(bytes.value(), channels);
  if (image.ok()) return image;
  return Status(image.status().code(),
                fmt::format("{}: {}", path.string(), image.status().message()));
}

}  // namespace descent
