#include "coordinator/list_page.h"

#include <gtest/gtest.h>

#include <vector>

#include "descent/v1/service.pb.h"

namespace descent {
namespace {

using Page = std::variant<v1::ListJobAttemptsResponse, RequestError>;

// A page of attempts with these numbers; of each attempt `bytes` are its message.
Page ListPageOf(const std::vector<int>& numbers, int page_size, const std::string& token,
                std::size_t bytes = 0, std::string_view list = "attempts") {
  v1::ListJobAttemptsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(token);
  v1::ListJobAttemptsResponse response;
  const auto error = FillPage(
      list, request, numbers, [](int number) { return PageKey(number); },
      [bytes](int number) {
        v1::Attempt attempt;
        attempt.set_attempt(number);
        attempt.set_end_message(std::string(bytes, 'x'));
        return attempt;
      },
      response, [](v1::ListJobAttemptsResponse& page) { return page.mutable_attempts(); });
  if (error) return *error;
  return response;
}

std::vector<int> NumbersOf(const v1::ListJobAttemptsResponse& page) {
  std::vector<int> numbers;
  for (const v1::Attempt& attempt : page.attempts()) numbers.push_back(attempt.attempt());
  return numbers;
}

TEST(ListPageTest, PagesHaveEveryEntryOnce) {
  const std::vector<int> all = {1, 2, 9, 10, 11};
  std::vector<int> read;
  std::string token;
  do {
    const Page page = ListPageOf(all, 2, token);
    ASSERT_TRUE(std::holds_alternative<v1::ListJobAttemptsResponse>(page));
    const auto& response = std::get<v1::ListJobAttemptsResponse>(page);
    EXPECT_LE(response.attempts_size(), 2);
    for (const int number : NumbersOf(response)) read.push_back(number);
    token = response.next_page_token();
  } while (!token.empty());

  EXPECT_EQ(read, all);
}

TEST(ListPageTest, WithoutASizeItIsAllOfThem) {
  const std::vector<int> all(2000, 7);

  const auto page = std::get<v1::ListJobAttemptsResponse>(ListPageOf(all, 0, ""));

  EXPECT_EQ(page.attempts_size(), 2000);
  EXPECT_EQ(page.next_page_token(), "");
}

TEST(ListPageTest, APageThatWouldBeTooLargeForAMessageEndsEarly) {
  const auto page =
      std::get<v1::ListJobAttemptsResponse>(ListPageOf({1, 2, 3}, 0, "", std::size_t{2} << 20));

  EXPECT_EQ(NumbersOf(page), std::vector<int>({1}));
  const auto next = std::get<v1::ListJobAttemptsResponse>(
      ListPageOf({1, 2, 3}, 0, page.next_page_token(), std::size_t{2} << 20));
  EXPECT_EQ(NumbersOf(next), std::vector<int>({2}));
}

TEST(ListPageTest, AnEntryThatGoesBetweenTwoPagesMovesNoOther) {
  const auto first = std::get<v1::ListJobAttemptsResponse>(ListPageOf({1, 2, 3, 4}, 2, ""));

  const auto next =
      std::get<v1::ListJobAttemptsResponse>(ListPageOf({3, 4}, 2, first.next_page_token()));

  EXPECT_EQ(NumbersOf(next), std::vector<int>({3, 4}));
}

TEST(ListPageTest, TheTokenOfAnotherListIsRefused) {
  const auto page = std::get<v1::ListJobAttemptsResponse>(ListPageOf({1, 2}, 1, ""));

  for (const std::string& token :
       {std::string("attempts:"), std::string("made up"), "checkpoints" + page.next_page_token()}) {
    const Page refused = ListPageOf({1, 2}, 1, token);
    ASSERT_TRUE(std::holds_alternative<RequestError>(refused)) << token;
    EXPECT_EQ(std::get<RequestError>(refused).reason, "PAGE_TOKEN_INVALID");
  }
}

TEST(ListPageTest, ASizeOutOfItsRangeIsRefused) {
  for (const int size : {-1, 1001})
    EXPECT_EQ(std::get<RequestError>(ListPageOf({1}, size, "")).reason, "PAGE_SIZE_INVALID")
        << size;
}

}  // namespace
}  // namespace descent
