#include <spdlog/fmt/fmt.h>

#include <array>
#include <span>
#include <string>

#include "worker/data/image_file.h"
#include "worker/data/inspect_file.h"
#include "worker/data/value_summary.h"

namespace descent {

Result<std::string> InspectImage(const std::filesystem::path& path) {
  constexpr std::array kColours = {"red  ", "green", "blue "};
  DESCENT_ASSIGN(const PixelImage image, ReadImageFile(path, kColours.size()));
  std::string text =
      fmt::format("{}: {} x {} pixels\n", path.string(), image.shape.height, image.shape.width);
  const std::size_t plane = image.pixels.size() / kColours.size();
  for (std::size_t channel = 0; channel < kColours.size(); ++channel) {
    ValueSummary summary;
    for (const std::uint8_t pixel : std::span(image.pixels).subspan(channel * plane, plane))
      summary.Add(static_cast<double>(pixel) / 255);
    text += fmt::format("  {}  {}\n", kColours[channel], summary.Text());
  }
  return text;
}

}  // namespace descent
