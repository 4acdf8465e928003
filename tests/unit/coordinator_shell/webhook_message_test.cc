#include "coordinator/webhook_message.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coordinator/job_record.h"
#include "coordinator/sha256.h"
#include "tests/unit/coordinator_shell/make_job.h"

namespace descent {
namespace {

// Source: RFC 4231, test cases 1, 2 and 6.
TEST(HmacTest, ItsValuesAreThoseOfTheStandard) {
  EXPECT_EQ(HmacSha256Hex(std::string(20, '\x0b'), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HmacSha256Hex("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HmacSha256Hex(std::string(131, '\xaa'),
                          "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(WebhookMessageTest, TheSignatureIsOfTheTimeAndTheBody) {
  // The example of docs/webhooks.md, computed by Python's hmac.
  EXPECT_EQ(WebhookSignature("0123456789abcdef", 1769860800, "{}"),
            "t=1769860800,v1="
            "23a49d63b99537ad8725fc5e88034047e1f0cbb869e9c339007725abb09b33fb");
}

TEST(WebhookMessageTest, TheBodyHasTheEventAndTheJobAsItWas) {
  Job job = MakeJob("a", 1);
  job.state = JobState::kFailed;
  const WebhookEntry entry{
      .sequence = 17, .event = "JobFailed", .time = 1769860800.25, .record = EncodeJob(job)};

  const Result<std::string> body = WebhookBody(entry);

  ASSERT_TRUE(body.ok()) << body.status();
  const nlohmann::json message = nlohmann::json::parse(body.value());
  EXPECT_EQ(message["deliveryId"], "17");
  EXPECT_EQ(message["event"], "JobFailed");
  EXPECT_EQ(message["time"], "2026-01-31T12:00:00.250Z");
  EXPECT_EQ(message["job"]["name"], "jobs/a");
  EXPECT_EQ(message["job"]["state"], "JOB_STATE_FAILED");
}

TEST(WebhookMessageTest, TheBodyIsTheSameEachTime) {
  const WebhookEntry entry{
      .sequence = 1, .event = "JobStarted", .time = 2, .record = EncodeJob(MakeJob("a", 1))};

  EXPECT_EQ(WebhookBody(entry).value(), WebhookBody(entry).value());
}

TEST(WebhookMessageTest, ARecordThatIsNoJobIsDataLoss) {
  EXPECT_EQ(WebhookBody({.sequence = 1, .record = "\xff\xff"}).status().code(), Code::kDataLoss);
}

}  // namespace
}  // namespace descent
