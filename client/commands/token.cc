#include <memory>

#include "client/api/auth_client.h"
#include "client/commands/command.h"
#include "client/render/format.h"
#include "client/render/table.h"
#include "common/file.h"
#include "common/option_number.h"

namespace descent {
namespace {

constexpr double kSecondsPerDay = 86400;

struct CreateFlags {
  std::string name;
  std::string role = "user";
  double valid_days = 90;
  std::string output;  // empty: stdout
};

std::string ExpiryText(double expire_time) {
  if (expire_time == 0) return "never expires";
  const double left = expire_time - SecondsSinceEpoch();
  return left > 0 ? "expires in " + FormatDuration(left) : "has expired";
}

ExitCode Create(const CommandLine& line, const CreateFlags& flags, Console& console) {
  const auto made = AuthClient(line.flags().endpoint)
                        .CreateToken(flags.name, flags.role, flags.valid_days * kSecondsPerDay);
  if (!made.ok()) return Report(console, made.error());
  const TokenView& token = made.value();
  const std::string text = line.WantsDocument() ? token.json + "\n" : token.secret + "\n";
  if (flags.output.empty()) {
    console.Data(text);
  } else if (const Status written = WriteNewFile(flags.output, text); !written.ok()) {
    console.Error(written.message() + "; revoke the token: descent token revoke " + token.id);
    return ExitCode::kError;
  }
  console.Say("token/" + token.id + " created: " + token.role + " " + token.name + ", " +
              ExpiryText(token.expire_time) + "; its secret is not shown again");
  return ExitCode::kDone;
}

ExitCode ShowTokens(const CommandLine& line, Console& console) {
  const auto tokens = AuthClient(line.flags().endpoint).ListTokens();
  if (!tokens.ok()) return Report(console, tokens.error());
  if (line.WantsDocument()) {
    console.Document(JsonList(tokens.value()));
    return ExitCode::kDone;
  }
  Table table({"TOKEN", "NAME", "ROLE", "AGE", "EXPIRY"});
  for (const TokenView& token : tokens.value())
    table.AddRow({token.id, token.name, token.role,
                  FormatDuration(SecondsSinceEpoch() - token.create_time),
                  ExpiryText(token.expire_time)});
  console.Data(table.ToString());
  return ExitCode::kDone;
}

ExitCode Revoke(const CommandLine& line, const std::vector<std::string>& ids, Console& console) {
  AuthClient client(line.flags().endpoint);
  ExitCode exit_code = ExitCode::kDone;
  for (const std::string& id : ids) {
    if (const auto error = client.RevokeToken(id)) {
      exit_code = Report(console, *error);
    } else {
      console.Say("token/" + id + " revoked");
    }
  }
  return exit_code;
}

ExitCode WhoAmI(const CommandLine& line, Console& console) {
  const auto identity = AuthClient(line.flags().endpoint).WhoAmI();
  if (!identity.ok()) return Report(console, identity.error());
  const IdentityView& view = identity.value();
  if (line.WantsDocument()) {
    console.Document(view.json);
  } else if (view.name.empty()) {
    console.Data("nobody in particular: " + line.flags().endpoint.address +
                 " asks for no token, every caller is an admin\n");
  } else {
    console.Data(view.name + ", " + view.role + " at " + line.flags().endpoint.address +
                 "; the token " + ExpiryText(view.expire_time) + "\n");
  }
  return ExitCode::kDone;
}

void AddCreate(CLI::App& group, CommandLine& line) {
  CLI::App* command = group.add_subcommand("create", "Make a token; its secret goes to stdout");
  const auto flags = std::make_shared<CreateFlags>();
  command->add_option("--name", flags->name, "Whose it is; jobs belong to the name")->required();
  command->add_option("--role", flags->role, "What it permits")
      ->check(CLI::IsMember({"viewer", "user", "admin", "worker"}))
      ->capture_default_str();
  command->add_option("--days", flags->valid_days, "How long it is valid; 0: for ever")
      ->check(NonNegativeNumber())
      ->capture_default_str();
  command->add_option("--out", flags->output, "Write it to this new file, for its owner alone");
  line.OnChosen(command,
                [&line, flags](Console& console) { return Create(line, *flags, console); });
}

void AddRevoke(CLI::App& group, CommandLine& line) {
  CLI::App* command = group.add_subcommand("revoke", "Make tokens useless from now on");
  const auto ids = std::make_shared<std::vector<std::string>>();
  command->add_option("tokens", *ids, "What descent token ls calls them")->required();
  line.OnChosen(command, [&line, ids](Console& console) { return Revoke(line, *ids, console); });
}

}  // namespace

void AddToken(CLI::App& app, CommandLine& line) {
  CLI::App* group = app.add_subcommand("token", "Make, list and revoke tokens, as an admin");
  group->require_subcommand(1);
  AddCreate(*group, line);
  CLI::App* list = group->add_subcommand("ls", "List the tokens, without their secrets");
  line.OnChosen(list, [&line](Console& console) { return ShowTokens(line, console); });
  AddRevoke(*group, line);
  CLI::App* whoami = app.add_subcommand("whoami", "Say who the coordinator takes you for");
  line.OnChosen(whoami, [&line](Console& console) { return WhoAmI(line, console); });
}

}  // namespace descent
