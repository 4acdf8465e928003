#pragma once

#include <string>
#include <vector>

#include "client/api/types.h"

namespace descent {

// What the commands say about metrics. Pure.

// "train/loss  2,350  0.0812  0.0790 @2,310  2.31 @1": a line for each metric.
std::string MetricTable(const std::vector<MetricSummaryView>& metrics);

// A line for each point, and below the curves that are means, over how many steps. A column for the
// job where there are several, for `axis` ("SECONDS", "SAMPLES") where it is not empty, and for the
// spread where a curve is of means.
std::string PointTable(const std::vector<MetricSeriesView>& series, const std::string& axis = "");

// First the fields of the specs that differ, then each metric's last value and its extremes, a
// column for each job.
std::string ComparisonText(const ComparisonView& comparison);

// A place in a picture: a line from the lowest to the highest value at x.
struct PicturePoint {
  double x = 0;
  double low = 0;
  double high = 0;
};

// Points, ascending by x, of which there is one at least, as a picture of `columns` by `rows`
// characters (Braille patterns of 2 by 4 dots) with its range beside and the footer below it.
std::string PictureText(const std::vector<PicturePoint>& points, const std::string& footer,
                        int columns, int rows);

// A curve as a picture of `columns` by `rows` characters (Braille patterns of 2 by 4 dots), with
// its range, its steps and its last value around it. A mean is a line from its lowest to its
// highest value. A curve without a number is a sentence.
std::string CurveText(const MetricSeriesView& series, int columns, int rows);

}  // namespace descent
