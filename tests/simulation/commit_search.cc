#include "tests/simulation/commit_search.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <span>
#include <unordered_set>
#include <utility>

#include "common/hash.h"

namespace descent {
namespace {

struct Step {
  std::shared_ptr<const Step> before;  // null: the first
  std::string text;
};

struct Node {
  std::unique_ptr<const CommitModel> model;
  std::shared_ptr<const Step> last;
  std::int64_t depth = 0;
};

struct DigestHash {
  std::size_t operator()(const Digest& digest) const {
    return static_cast<std::size_t>(digest.low ^ digest.high);
  }
};

Digest DigestOfText(const std::string& text) {
  return Hash(std::as_bytes(std::span<const char>(text)));
}

std::vector<std::string> PathTo(std::shared_ptr<const Step> last) {
  std::vector<std::string> path;
  for (; last; last = last->before) path.push_back(last->text);
  std::ranges::reverse(path);
  return path;
}

class Search {
 public:
  explicit Search(const CommitSearchOptions& options) : options_(options) {}

  CommitSearchResult Run() {
    Enter({.model = std::make_unique<const CommitModel>(options_.bounds), .last = nullptr});
    while (!waiting_.empty() && result_.violations.empty()) {
      if (options_.states_max > 0 && result_.states >= options_.states_max) return result_;
      const bool is_full = waiting_.size() > options_.waiting_max;
      const Node node = std::move(is_full ? waiting_.back() : waiting_.front());
      is_full ? waiting_.pop_back() : waiting_.pop_front();
      Expand(node);
    }
    result_.is_complete = result_.violations.empty();
    return result_;
  }

 private:
  void Expand(const Node& node) {
    const std::vector<CommitModel::Choice> choices = node.model->Choices();
    if (choices.empty()) ++result_.ends;
    for (const CommitModel::Choice& choice : choices) {
      ++result_.transitions;
      auto model = std::make_unique<CommitModel>(*node.model);
      model->Take(choice);
      auto last = std::make_shared<const Step>(Step{node.last, node.model->TextOf(choice)});
      Enter({.model = std::move(model), .last = std::move(last), .depth = node.depth + 1});
      if (!result_.violations.empty()) return;
    }
  }

  // What must hold may depend on the way here, too.
  void Enter(Node node) {
    result_.violations = node.model->Violations();
    if (!result_.violations.empty()) {
      result_.path = PathTo(node.last);
      return;
    }
    if (!known_.insert(DigestOfText(node.model->Text())).second) return;
    ++result_.states;
    result_.depth = std::max(result_.depth, node.depth);
    waiting_.push_back(std::move(node));
  }

  const CommitSearchOptions options_;
  CommitSearchResult result_;
  std::deque<Node> waiting_;
  std::unordered_set<Digest, DigestHash> known_;
};

}  // namespace

CommitSearchResult SearchCommits(const CommitSearchOptions& options) {
  return Search(options).Run();
}

}  // namespace descent
