#include <spdlog/fmt/fmt.h>

#include <string>
#include <string_view>
#include <vector>

#include "client/commands/command.h"

// Scripts that complete commands, flags and the names of jobs, workers and pools. They are made of
// the commands that this program has, so that nothing can be forgotten.

namespace descent {
namespace {

struct Flag {
  std::string name;  // without the dashes
  std::string description;
};

// A command, as far as completion is concerned.
struct Node {
  std::vector<std::string> path;  // of names, from the program on, which is not in it
  std::string description;
  std::vector<Flag> flags;
  std::string lister;  // the command that lists what it takes the names of; empty: of nothing
};

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// By what a command calls its argument.
std::string ListerOf(std::string_view argument) {
  if (argument.starts_with("job")) return "ls";
  if (argument.starts_with("worker")) return "worker ls";
  return argument.starts_with("pool") ? "pool ls" : "";
}

Node NodeOf(const CLI::App& app, std::vector<std::string> path) {
  Node node{.path = std::move(path), .description = FirstLine(app.get_description()), .flags = {}};
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames())
      node.flags.push_back({name, FirstLine(option->get_description())});
    if (option->get_positional() && node.lister.empty())
      node.lister = ListerOf(option->get_name(true));
  }
  return node;
}

void Collect(const CLI::App& app, const std::vector<std::string>& path, std::vector<Node>& nodes) {
  nodes.push_back(NodeOf(app, path));
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> longer = path;
    longer.push_back(command->get_name());
    Collect(*command, longer, nodes);
  }
}

std::string Joined(const std::vector<std::string>& path) {
  return fmt::format("{}", fmt::join(path, " "));
}

std::vector<std::string> CompletedWordsAfter(const std::vector<Node>& nodes, const Node& node) {
  std::vector<std::string> words;
  for (const Node& other : nodes)
    if (other.path.size() == node.path.size() + 1 &&
        std::equal(node.path.begin(), node.path.end(), other.path.begin()))
      words.push_back(other.path.back());
  for (const Node* of : {&node, &nodes.front()}) {
    for (const Flag& flag : of->flags) words.push_back(fmt::format("--{}", flag.name));
    if (node.path.empty()) break;
  }
  return words;
}

std::string BashScript(const std::vector<Node>& nodes) {
  std::string known, words, names;
  for (const Node& node : nodes) {
    if (!node.path.empty())
      known += fmt::format("{}'{}'", known.empty() ? "" : "|", Joined(node.path));
    words += fmt::format("    '{}') words='{}' ;;\n", Joined(node.path),
                         fmt::join(CompletedWordsAfter(nodes, node), " "));
    if (!node.lister.empty())
      names += fmt::format(
          "    '{}') [[ $current == -* ]] || words=\"$words $(descent {} -o name 2>/dev/null)\" "
          ";;\n",
          Joined(node.path), node.lister);
  }
  return fmt::format(R"bash(_descent() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} path='' word words=''
  for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD-1))}}"; do
    case "${{path:+$path }}$word" in
    {}) path="${{path:+$path }}$word" ;;
    esac
  done
  case $path in
{}  esac
  case $path in
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _descent descent
)bash",
                     known, words, names);
}

std::string FishQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\\' || c == '\'') quoted += '\\';
    quoted += c;
  }
  return quoted += '\'';
}

// Holds where this command, and none below it, has been typed.
std::string FishCondition(const std::vector<Node>& nodes, const Node& node) {
  std::string condition;
  for (const std::string& name : node.path)
    condition +=
        fmt::format("{}__fish_seen_subcommand_from {}", condition.empty() ? "" : "; and ", name);
  std::string below;
  for (const Node& other : nodes)
    if (other.path.size() == node.path.size() + 1 &&
        std::equal(node.path.begin(), node.path.end(), other.path.begin()))
      below += fmt::format(" {}", other.path.back());
  if (!below.empty())
    condition += fmt::format("{}not __fish_seen_subcommand_from{}",
                             condition.empty() ? "" : "; and ", below);
  return condition;
}

std::string FishScript(const std::vector<Node>& nodes) {
  std::string script;
  for (const Flag& flag : nodes.front().flags)
    script +=
        fmt::format("complete -c descent -l {} -d {}\n", flag.name, FishQuoted(flag.description));
  for (const Node& node : nodes) {
    if (node.path.empty()) continue;
    Node parent;
    parent.path = {node.path.begin(), node.path.end() - 1};
    script += fmt::format("complete -c descent -f -n {} -a {} -d {}\n",
                          FishQuoted(FishCondition(nodes, parent)), node.path.back(),
                          FishQuoted(node.description));
    const std::string condition = FishQuoted(FishCondition(nodes, node));
    for (const Flag& flag : node.flags)
      script += fmt::format("complete -c descent -n {} -l {} -d {}\n", condition, flag.name,
                            FishQuoted(flag.description));
    if (!node.lister.empty())
      script += fmt::format("complete -c descent -f -n {} -a '(descent {} -o name 2>/dev/null)'\n",
                            condition, node.lister);
  }
  return script;
}

std::string Script(const std::string& shell, const CLI::App& app) {
  std::vector<Node> nodes;
  Collect(app, {}, nodes);
  if (shell == "fish") return FishScript(nodes);
  const std::string begin = shell == "zsh" ? "autoload -U +X compinit && compinit\n"
                                             "autoload -U +X bashcompinit && bashcompinit\n"
                                           : "";
  return begin + BashScript(nodes);
}

}  // namespace

void AddCompletion(CLI::App& app, CommandLine& line) {
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes commands");
  command->require_subcommand(1);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    CLI::App* of = command->add_subcommand(
        shell, fmt::format("For {}: put `{}` into its start file", shell,
                           std::string(shell) == "fish"
                               ? "descent completion fish | source"
                               : fmt::format("eval \"$(descent completion {})\"", shell)));
    line.OnChosen(of, [&app, shell = std::string(shell)](Console& console) {
      console.Data(Script(shell, app));
      return ExitCode::kDone;
    });
  }
}

}  // namespace descent
