#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "client/render/format.h"
#include "client/render/metric_text.h"

namespace descent {
namespace {

constexpr int kDotsAcross = 2, kDotsDown = 4;  // of a Braille pattern

// The bit of a dot in the pattern U+2800 + bits, by row and column. Source: Unicode, Braille
// Patterns.
constexpr unsigned kBits[kDotsDown][kDotsAcross] = {
    {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

class Picture {
 public:
  Picture(int columns, int rows)
      : columns_(columns),
        rows_(rows),
        bits_(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

  int dots_across() const { return columns_ * kDotsAcross; }
  int dots_down() const { return rows_ * kDotsDown; }

  void Set(int x, int y) {
    bits_[IndexOf(y / kDotsDown, x / kDotsAcross)] |= kBits[y % kDotsDown][x % kDotsAcross];
  }

  std::string Row(int row) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) {
      const unsigned code = 0x2800 + bits_[IndexOf(row, column)];
      text += static_cast<char>(0xE0 | code >> 12);
      text += static_cast<char>(0x80 | (code >> 6 & 0x3F));
      text += static_cast<char>(0x80 | (code & 0x3F));
    }
    return text;
  }

 private:
  std::size_t IndexOf(int row, int column) const {
    return static_cast<std::size_t>(row) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(column);
  }

  const int columns_, rows_;
  std::vector<unsigned> bits_;
};

double LowestOf(const MetricPointView& point) {
  return point.spread && std::isfinite(point.spread->min) ? point.spread->min : point.value;
}

double HighestOf(const MetricPointView& point) {
  return point.spread && std::isfinite(point.spread->max) ? point.spread->max : point.value;
}

std::vector<PicturePoint> FinitePoints(const MetricSeriesView& series) {
  std::vector<PicturePoint> points;
  for (const MetricPointView& point : series.points)
    if (std::isfinite(point.value))
      points.push_back({static_cast<double>(point.step), LowestOf(point), HighestOf(point)});
  return points;
}

// Where `value` of [low, high] lies among so many dots; in the middle if all values are one.
int Scaled(double value, double low, double high, int dots) {
  const double share = high > low ? (value - low) / (high - low) : 0.5;
  return static_cast<int>(std::lround(share * (dots - 1)));
}

}  // namespace

std::string PictureText(const std::vector<PicturePoint>& points, const std::string& footer,
                        int columns, int rows) {
  const double lowest = std::ranges::min(points, {}, &PicturePoint::low).low;
  const double highest = std::ranges::max(points, {}, &PicturePoint::high).high;
  const std::string low = FormatMetric(lowest), high = FormatMetric(highest);
  const int margin = static_cast<int>(std::max(low.size(), high.size()));
  Picture picture(std::max(columns - margin - 1, 8), rows);
  for (const PicturePoint& point : points) {
    const int x = Scaled(point.x, points.front().x, points.back().x, picture.dots_across());
    const int top = Scaled(point.high, lowest, highest, picture.dots_down());
    for (int y = Scaled(point.low, lowest, highest, picture.dots_down()); y <= top; ++y)
      picture.Set(x, picture.dots_down() - 1 - y);
  }

  std::string text;
  for (int row = 0; row < rows; ++row) {
    const std::string label = row == 0 ? high : row == rows - 1 ? low : "";
    text += fmt::format("{:>{}} {}\n", label, margin, picture.Row(row));
  }
  return text + fmt::format("{:>{}} {}\n", "", margin, footer);
}

std::string CurveText(const MetricSeriesView& series, int columns, int rows) {
  const std::vector<PicturePoint> points = FinitePoints(series);
  if (points.empty()) return series.name + ": no value is a number yet\n";
  const auto last =
      std::ranges::find_if(series.points.rbegin(), series.points.rend(),
                           [](const MetricPointView& point) { return std::isfinite(point.value); });
  const std::string steps =
      fmt::format("step {} to {}", FormatGrouped(static_cast<std::int64_t>(points.front().x)),
                  FormatGrouped(static_cast<std::int64_t>(points.back().x)));
  return fmt::format("{}  last {} @{}\n", series.name, FormatMetric(last->value),
                     FormatGrouped(last->step)) +
         PictureText(points, steps, columns, rows);
}

}  // namespace descent
