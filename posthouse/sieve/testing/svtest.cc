#include "posthouse/sieve/testing/svtest.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/sieve/answer/compose.h"
#include "posthouse/sieve/language/names.h"
#include "posthouse/sieve/run/matcher.h"
#include "posthouse/sieve/run/run.h"

namespace posthouse::sieve::testing {
namespace {

constexpr TagRule index_tag[] = {{"index", Tag::host, Takes::number}};
constexpr TagRule append_tag[] = {{"append_result", Tag::host}};
constexpr TagRule extension_tag[] = {{"extension", Tag::host, Takes::string}};
constexpr TagRule mailbox_tag[] = {{"mailbox", Tag::host, Takes::string}};
constexpr TagRule message_tags[] = {{"smtp", Tag::host}, {"folder", Tag::host, Takes::string}};

HostCommands suite_commands(const std::filesystem::path& folder) {
  const auto make = [](std::string_view name, bool is_test, std::vector<Place> places,
                       std::vector<std::span<const TagRule>> tags = {}) {
    return Command{.name = name,
                   .verb = Verb::host,
                   .is_test = is_test,
                   .extension = Extension::host,
                   .places = std::move(places),
                   .tags = std::move(tags)};
  };
  const Place text{Takes::string, "text"};
  const Place list{Takes::strings, "keys"};
  const Place number{Takes::number, "index"};
  HostCommands commands;
  commands.capabilities = {"vnd.dovecot.testsuite", "vnd.dovecot.debug"};
  commands.commands = {
      make("test", false, {text}),
      make("test_fail", false, {text}),
      make("test_set", false, {text, text}),
      make("test_script_compile", true, {text}),
      make("test_script_run", true, {}, {append_tag}),
      make("test_multiscript", true, {list}),
      make("test_error", true, {list}, {matching_tags(), index_tag}),
      make("test_result_action", true, {list}, {matching_tags(), index_tag}),
      make("test_result_execute", true, {}),
      make("test_result_reset", false, {}),
      make("test_result_print", false, {}),
      make("test_message", true, {number}, {message_tags}),
      make("test_message", false, {number}, {message_tags}),
      make("test_mailbox_create", false, {text}),
      make("test_mailbox_delete", false, {text}),
      make("test_config_set", false, {text, text}),
      make("test_config_unset", false, {text}),
      make("test_config_reload", false, {}, {extension_tag}),
      make("test_binary_save", false, {text}),
      make("test_binary_load", false, {text}),
      make("test_imap_metadata_set", false, {text, text}, {mailbox_tag}),
  };
  commands.commands.front().block = true;
  commands.constant = [folder](std::string_view name) {
    return name == "tst.path" ? std::optional(folder.string()) : std::nullopt;
  };
  return commands;
}

std::optional<std::string> contents(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::string first_address(const mime::Message& message, std::initializer_list<std::string_view> names,
                          std::string otherwise) {
  for (const std::string_view name : names) {
    for (const mime::Address& address : message.addresses(name)) {
      if (outgoing_address(address.addr)) {
        return address.addr;
      }
    }
  }
  return otherwise;
}

// INBOX is INBOX whatever its case, in front of other names, too.
std::string mailbox_name(std::string_view name) {
  const bool inbox = istarts_with(name, "INBOX") && (name.size() == 5 || name[5] == '.');
  return inbox ? "INBOX" + std::string(name.substr(5)) : std::string(name);
}

std::string list_name(std::string_view uri) {
  constexpr std::string_view prefix = "urn:ietf:params:sieve";
  return std::string(uri.starts_with(prefix) ? uri.substr(prefix.size()) : uri);
}

}  // namespace

SvTest::SvTest(std::filesystem::path file)
    : file_(std::move(file)), folder_(file_.parent_path()), commands_(suite_commands(folder_)) {
  options_.name = file_.filename().string();
  options_.scripts = this;
  options_.host = &commands_;
  mailboxes_["INBOX"];
  context_.postmaster = "postmaster@example.com";
  context_.mailboxes = this;
  context_.lists = this;
  context_.host = this;
  context_.environment = {{"name", "Pigeonhole Sieve"}, {"version", "1.0"}, {"location", "MS"}, {"phase", "post"}};
}

std::vector<std::string> SvTest::run() {
  const auto text = contents(file_);
  Options options = options_;
  options.limits.diagnostics = 20;
  const Compiled compiled = sieve::compile(text.value_or("keep"), options);
  if (!compiled.script) {
    for (const Diagnostic& error : compiled.errors) {
      failures_.push_back(to_string(error));
    }
    return failures_;
  }
  const mime::Message empty;
  const Outcome outcome = sieve::run(*compiled.script, empty, context_);
  if (outcome.error) {
    failures_.push_back(to_string(*outcome.error));
  }
  return failures_;
}

bool SvTest::call(const Call& call, Machine& machine) {
  const std::string_view name = call.command->name;
  const auto text = [&](std::size_t place) { return machine.text(call.values[place].strings.front()); };
  if (name == "test") {
    test_ = text(0);
    ++tests_;
  } else if (name == "test_fail") {
    failures_.push_back(fmt::format("{}:{}: {}: {}", options_.name, call.at.line, test_, text(0)));
    machine.leave_block();
  } else if (name == "test_set") {
    set(text(0), text(1), machine);
  } else if (name == "test_script_compile") {
    return compile_script(text(0));
  } else if (name == "test_script_run") {
    return run_script(machine, call.find("append_result") != nullptr);
  } else if (name == "test_multiscript") {
    return run_scripts(machine.texts(call.values[0]), machine);
  } else if (name == "test_error") {
    return match_errors(call, machine);
  } else if (name == "test_result_action") {
    return match_actions(call, machine);
  } else if (name == "test_result_execute") {
    return execute(machine);
  } else if (name == "test_result_reset") {
    reset(machine);
  } else if (name == "test_message") {
    const bool there = take_message(call, machine);
    if (!there && !call.command->is_test) {
      failures_.push_back(fmt::format("{}:{}: {}: there is no such message", options_.name, call.at.line, test_));
      machine.leave_block();
    }
    return there;
  } else if (name == "test_mailbox_create") {
    mailboxes_[mailbox_name(text(0))];
  } else if (name == "test_mailbox_delete") {
    mailboxes_.erase(text(0));
  } else if (name == "test_config_set") {
    settings_[text(0)] = text(1);
  } else if (name == "test_config_unset") {
    settings_.erase(text(0));
  } else if (name == "test_config_reload") {
    apply_settings();
  } else if (name == "test_imap_metadata_set") {
    const Value* mailbox = call.find("mailbox");
    annotations_[{mailbox == nullptr ? "" : machine.text(mailbox->strings.front()), text(0)}] = text(1);
  }
  return true;
}

void SvTest::end(const Call& /*call*/, Machine& /*machine*/) {
  test_.clear();
}

void SvTest::set(const std::string& name, std::string value, Machine& machine) {
  const std::string address = value == "<>" ? "" : value;
  if (name == "message") {
    set_message(std::move(value), machine);
  } else if (name == "envelope.from") {
    machine.envelope().from = address.empty() ? address : outgoing_address(address).value_or(address);
  } else if (name == "envelope.to") {
    machine.envelope().to = {outgoing_address(address).value_or(address)};
  } else if (name == "envelope.orig_to") {
    original_recipient_ = address;
    apply_settings();
  } else if (name == "envelope.auth") {
    machine.envelope().auth = address;
  }
}

void SvTest::set_message(std::string bytes, Machine& machine) {
  mime::Message message = mime::Message::parse(std::move(bytes));
  machine.envelope() = {.from = first_address(message, {"Return-Path", "Sender", "From"}, "sender@example.com"),
                        .to = {first_address(message, {"Envelope-To", "To"}, "recipient@example.com")}};
  machine.letter() = Letter(std::move(message));
  machine.outcome().edits.clear();
}

bool SvTest::compile_script(const std::string& name) {
  errors_.clear();
  script_.reset();
  const auto text = contents(folder_ / name);
  if (!text) {
    errors_.push_back("there is no such file");
    return false;
  }
  Options options = options_;
  options.name = std::filesystem::path(name).stem().string();
  options.limits = context_.limits;
  const Compiled compiled = sieve::compile(*text, options);
  for (const Diagnostic& error : compiled.errors) {
    errors_.push_back(error.text);
  }
  if (!compiled.script) {
    errors_.push_back("the script has errors");  // which Pigeonhole counts
  }
  script_ = compiled.script;
  return script_.has_value();
}

bool SvTest::run_script(Machine& machine, bool append) {
  if (!script_) {
    return false;
  }
  errors_.clear();
  Context context = context_;
  context.envelope = machine.envelope();
  Outcome outcome = sieve::run(*script_, machine.letter().message(), context, append ? &machine.outcome() : nullptr);
  if (outcome.error) {
    errors_.push_back(outcome.error->text);
  }
  const bool good = !outcome.error;
  // What the scripts of the test itself did to the header stays theirs.
  machine.outcome().actions = std::move(outcome.actions);
  machine.outcome().flags = std::move(outcome.flags);
  machine.outcome().edits = std::move(outcome.edits);
  machine.outcome().implicit_keep = outcome.implicit_keep;
  if (!append) {
    executed_ = 0;
    kept_ = false;
  }
  return good;
}

bool SvTest::run_scripts(const std::vector<std::string>& names, Machine& machine) {
  bool first = true;
  for (const std::string& name : names) {
    if (!compile_script(name) || !run_script(machine, !first)) {
      return false;
    }
    first = false;
  }
  return execute(machine);
}

bool SvTest::execute(Machine& machine) {
  errors_.clear();
  Outcome& outcome = machine.outcome();
  const std::string_view original = machine.letter().message().raw();
  const auto edited = [&](std::size_t count) {
    return apply_edits(std::span(outcome.edits).first(std::min(count, outcome.edits.size())), original);
  };
  bool good = true;
  for (; executed_ < outcome.actions.size(); ++executed_) {
    const Action& action = outcome.actions[executed_];
    good = carry_out(action, machine, edited(action.edits)) && good;
  }
  if (!kept_ && (!good || outcome.implicit_keep)) {
    kept_ = true;
    store("INBOX", outcome.flags, false, edited(good ? outcome.edits.size() : 0));
  }
  return good;
}

bool SvTest::carry_out(const Action& action, Machine& machine, const std::string& bytes) {
  const std::string sender = machine.envelope().from.value_or(std::string());
  if (const auto* keep = std::get_if<Keep>(&action.what)) {
    return store("INBOX", keep->flags, false, bytes);
  }
  if (const auto* file = std::get_if<FileInto>(&action.what)) {
    return store(file->mailbox, file->flags, file->create, bytes);
  }
  if (const auto* redirect = std::get_if<Redirect>(&action.what)) {
    sent_.push_back({redirect_sender(machine), redirect->address, "X-Sieve: Posthouse\r\n" + bytes});
  } else if (const auto* reject = std::get_if<Reject>(&action.what)) {
    if (!sender.empty()) {
      sent_.push_back({"", sender,
                       compose(*reject, machine.letter().message(), {.message_id = "<rejected@example.com>"},
                               {.from = "Postmaster <" + context_.postmaster + ">",
                                .sender = sender,
                                .recipient = recipient_of(machine)})});
    }
  } else if (const auto* vacation = std::get_if<Vacation>(&action.what)) {
    send_answer(*vacation, machine);
  } else if (const auto* notify = std::get_if<Notify>(&action.what)) {
    send_notice(*notify, machine);
  }
  return true;
}

std::string SvTest::recipient_of(Machine& machine) const {
  return machine.envelope().to.empty() ? "recipient@example.com" : machine.envelope().to.front();
}

std::string SvTest::redirect_sender(Machine& machine) const {
  const std::string sender = machine.envelope().from.value_or(std::string());
  const std::string from = setting("sieve_redirect_envelope_from");
  if (sender.empty() || from.empty() || from == "sender") {
    return sender;
  }
  if (from == "recipient") {
    return recipient_of(machine);
  }
  if (from == "orig_recipient") {
    return original_recipient_.empty() ? recipient_of(machine) : original_recipient_;
  }
  if (from == "user_email") {
    return context_.own_addresses.empty() ? recipient_of(machine) : context_.own_addresses.front();
  }
  return from == "postmaster" ? context_.postmaster : outgoing_address(from).value_or(sender);
}

bool SvTest::store(const std::string& mailbox, const std::vector<std::string>& flags, bool create,
                   const std::string& bytes) {
  const std::string name = mailbox_name(mailbox);
  if (name.find("//") != std::string::npos || name.starts_with('/')) {
    errors_.push_back(fmt::format("failed to store into mailbox '{}': invalid mailbox name", name));
    return false;
  }
  if (!create && !exists(name)) {
    errors_.push_back(fmt::format("failed to store into mailbox '{}': the mailbox does not exist", name));
    return false;
  }
  Stored stored{bytes, flags};
  // Dovecot marks what it stores so.
  stored.flags.push_back(mime::Message::parse(bytes).attachments().empty() ? "$HasNoAttachment" : "$HasAttachment");
  mailboxes_[name].push_back(std::move(stored));
  return true;
}

void SvTest::send_answer(const Vacation& answer, Machine& machine) {
  if (answer.withheld.empty()) {
    sent_.push_back({answer.envelope_from, answer.to,
                     compose(answer, machine.letter().message(), {.message_id = "<answer@example.com>"})});
  }
}

void SvTest::send_notice(const Notify& notice, Machine& machine) {
  if (!notice.withheld.empty()) {
    return;
  }
  const std::string bytes = compose(notice, machine.letter().message(), {.message_id = "<notice@example.com>"},
                                    "Postmaster <postmaster@example.com>");
  for (const std::string& recipient : notice.recipients) {
    sent_.push_back({notice.envelope_from, recipient, bytes});
  }
}

bool SvTest::take_message(const Call& call, Machine& machine) {
  const std::uint64_t index = call.values[0].number;
  if (const Value* folder = call.find("folder"); folder != nullptr) {
    const std::string name = mailbox_name(machine.text(folder->strings.front()));
    const auto found = mailboxes_.find(name);
    if (found == mailboxes_.end() || index >= found->second.size()) {
      return false;
    }
    const Stored stored = found->second[index];
    set_message(stored.bytes, machine);
    machine.outcome().flags = stored.flags;
    return true;
  }
  if (index >= sent_.size()) {
    return false;
  }
  const Sent sent = sent_[index];
  set_message(sent.bytes, machine);
  machine.envelope() = {.from = sent.from, .to = {sent.to}};
  return true;
}

bool SvTest::match_errors(const Call& call, Machine& machine) const {
  Matcher matcher(machine, call, call.values[0]);
  const Value* index = call.find("index");
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if ((index == nullptr || index->number == i + 1) && matcher.add(errors_[i])) {
      break;
    }
  }
  return matcher.result();
}

bool SvTest::match_actions(const Call& call, Machine& machine) const {
  Matcher matcher(machine, call, call.values[0]);
  const Value* index = call.find("index");
  const auto& actions = machine.outcome().actions;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const std::string_view name = name_of(actions[i]);
    if ((index == nullptr || index->number == i + 1) && matcher.add(name == "fileinto" ? "store" : name)) {
      break;
    }
  }
  return matcher.result();
}

void SvTest::reset(Machine& machine) {
  Outcome& outcome = machine.outcome();
  outcome.actions.clear();
  outcome.flags.clear();
  outcome.edits.clear();
  outcome.implicit_keep = true;
  executed_ = 0;
  kept_ = false;
  sent_.clear();
}

std::optional<std::string> SvTest::dictionary(const std::string& path, std::string_view key) const {
  const auto text = contents(path);
  if (!text) {
    return std::nullopt;
  }
  const auto lines = split(*text, '\n');
  for (std::size_t i = 0; i + 1 < lines.size(); i += 2) {
    if (lines[i] == key) {
      return std::string(lines[i + 1]);
    }
  }
  return std::nullopt;
}

std::string SvTest::canonical(std::string_view name) const {
  return std::string(name.ends_with(".sieve") ? name.substr(0, name.size() - 6) : name);
}

std::optional<std::string> SvTest::read(Location location, std::string_view name) const {
  const std::string place = location == Location::global ? "included-global" : "included";
  const std::string prefix = "sieve_script/" + place + "/";
  if (setting(prefix + "sieve_script_driver") == "dict") {
    const std::string path = setting(prefix + "sieve_script_dict/dict/file/path");
    const auto id = dictionary(path, fmt::format("priv/sieve/name/{}", name));
    return id ? dictionary(path, "priv/sieve/data/" + *id) : std::nullopt;
  }
  return contents(folder_ / place / (std::string(name) + ".sieve"));
}

bool SvTest::exists(std::string_view mailbox) const {
  return mailboxes_.find(mailbox_name(mailbox)) != mailboxes_.end();
}

bool SvTest::has_special_use(std::string_view mailbox, std::string_view use) const {
  return iequals(mailbox, use.substr(1)) && exists(mailbox);
}

std::optional<std::string> SvTest::annotation(std::string_view mailbox, std::string_view name) const {
  const auto found = annotations_.find({std::string(mailbox), std::string(name)});
  return found == annotations_.end() ? std::nullopt : std::optional(found->second);
}

bool SvTest::knows(std::string_view list) const {
  const std::string name = list_name(list);
  const std::string all = setting("sieve_extlists_list");
  const auto names = split(all, ' ');
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool SvTest::contains(std::string_view list, std::string_view value) const {
  const std::string path = setting("sieve_extlists_list/" + list_name(list) + "/dict/file/path");
  return knows(list) && !path.empty() && dictionary(path, fmt::format("priv/sieve/extlists/{}", value)).has_value();
}

}  // namespace posthouse::sieve::testing
