// posthouse send: writes a message, or takes a ready one, and hands it to a mail server.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/mail_server_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/delivery/header_filter.h"
#include "posthouse/mail/dsn.h"
#include "posthouse/mime/compose/message_builder.h"
#include "posthouse/mime/tree/message.h"
#include "posthouse/smtp/client/client.h"

namespace posthouse::app {
namespace {

struct SendOptions {
  MailServerOption server;
  std::string from, subject, text, html, raw, helo;
  std::vector<std::string> to, cc, bcc, inline_files, attachments;
  std::string notify, ret, envid;
  bool strict_names = false, json = false;
};

/// A message and whom it is from and to.
struct Letter {
  smtp::Envelope envelope;
  std::string bytes;
};

std::string read_file(const std::string& name) {
  std::ifstream file;
  if (name != "-") {
    file.open(name, std::ios::binary);
    if (!file) {
      throw Error("cannot read " + name);
    }
  }
  std::istream& stream = name == "-" ? std::cin : file;
  std::string text(std::istreambuf_iterator<char>(stream), {});
  if (stream.bad()) {
    throw Error("cannot read " + (name == "-" ? std::string("standard input") : name));
  }
  return text;
}

/// Runs `f`; an address that is none is the fault of who called us.
template <class F>
void with_addresses(const char* option, F&& f) {
  try {
    f();
  } catch (const Error& error) {
    throw CLI::ValidationError(option, error.what());
  }
}

/// FILE=CID; the file's name may hold '=' itself.
void add_inline(mime::MessageBuilder& builder, const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    throw CLI::ValidationError("--inline", "'" + text + "' is not FILE=CID");
  }
  builder.inline_file(std::filesystem::path(text.substr(0, equals)), text.substr(equals + 1));
}

Letter written(const SendOptions& options) {
  mime::MessageBuilder builder({.encoded_word_names = !options.strict_names});
  if (options.from.empty()) {
    throw CLI::RequiredError("--from");
  }
  with_addresses("--from", [&] { builder.from(options.from); });
  for (const std::string& list : options.to) {
    with_addresses("--to", [&] { builder.to(list); });
  }
  for (const std::string& list : options.cc) {
    with_addresses("--cc", [&] { builder.cc(list); });
  }
  for (const std::string& list : options.bcc) {
    with_addresses("--bcc", [&] { builder.bcc(list); });
  }
  if (!options.subject.empty()) {
    builder.subject(options.subject);
  }
  if (!options.text.empty()) {
    builder.text(read_file(options.text));
  }
  if (!options.html.empty()) {
    builder.html(read_file(options.html));
  }
  for (const std::string& text : options.inline_files) {
    add_inline(builder, text);
  }
  for (const std::string& file : options.attachments) {
    builder.attach(std::filesystem::path(file));
  }
  Letter letter;
  letter.envelope.reverse_path = builder.sender();
  letter.envelope.recipients = builder.recipients();
  letter.envelope.smtputf8 = builder.needs_smtputf8();
  letter.bytes = builder.build();
  return letter;
}

void add_addresses(std::vector<std::string>& out, const std::vector<mime::Address>& addresses) {
  for (const mime::Address& address : addresses) {
    out.push_back(address.addr);
  }
}

std::string without_bcc(std::string_view message) {
  std::string out;
  const auto keep = [&out](std::string_view piece) { out += piece; };
  delivery::HeaderFilter filter = delivery::bcc_filter();
  filter.add(message, keep);
  filter.finish(keep);
  return out;
}

/// A ready message: its bytes go out as they are but for Bcc, and its headers say the envelope where the options do not.
Letter ready_made(const SendOptions& options) {
  Letter letter;
  letter.bytes = read_file(options.raw);
  const mime::Message message = mime::Message::view(letter.bytes);
  std::vector<std::string> senders;
  add_addresses(senders, options.from.empty() ? message.from() : mime::parse_addresses(options.from));
  if (senders.empty() && options.from != "<>") {
    throw CLI::ValidationError("--from", "no sender, here or in the message");
  }
  if (!senders.empty()) {
    letter.envelope.reverse_path = senders.front();
  }

  std::vector<std::string>& recipients = letter.envelope.recipients;
  for (const auto* lists : {&options.to, &options.cc, &options.bcc}) {
    for (const std::string& list : *lists) {
      add_addresses(recipients, mime::parse_addresses(list));
    }
  }
  if (recipients.empty()) {
    add_addresses(recipients, message.to());
    add_addresses(recipients, message.cc());
    add_addresses(recipients, message.addresses("Bcc"));
  }
  if (!message.mbox_line().empty()) {
    letter.bytes.erase(0, letter.bytes.find('\n') + 1);  // no part of the message
  }
  letter.bytes = without_bcc(letter.bytes);
  return letter;
}

boost::json::object to_json(const smtp::Reply& reply) {
  return {{"code", reply.code}, {"enhanced", reply.enhanced}, {"text", reply.text}};
}

void print_json(const Letter& letter, const std::vector<std::string>& accepted,
                const std::vector<smtp::RecipientReply>& refused, const smtp::Reply* reply) {
  boost::json::array yes(accepted.begin(), accepted.end()), no;
  for (const auto& [address, answer] : refused) {
    boost::json::object entry = to_json(answer);
    entry["address"] = address;
    no.push_back(std::move(entry));
  }
  boost::json::object line{{"from", letter.envelope.reverse_path},
                           {"size", letter.bytes.size()},
                           {"accepted", std::move(yes)},
                           {"refused", std::move(no)}};
  if (reply != nullptr) {
    line["reply"] = to_json(*reply);
  }
  std::cout << boost::json::serialize(line) << '\n' << std::flush;
}

void print_text(const std::vector<std::string>& accepted, const std::vector<smtp::RecipientReply>& refused,
                const smtp::Reply* reply) {
  for (const std::string& address : accepted) {
    std::cout << "accepted  " << address << '\n';
  }
  for (const auto& [address, answer] : refused) {
    std::cout << "refused   " << address << ": " << answer.to_string() << '\n';
  }
  if (reply != nullptr) {
    std::cout << "The server says: " << reply->to_string() << '\n';
  }
  std::cout << std::flush;
}

/// What the sender wants to be told (RFC 3461).
void ask_for_reports(const SendOptions& options, smtp::Envelope& envelope) {
  envelope.envid = options.envid;
  if (!options.ret.empty()) {
    envelope.ret = options.ret == "full" ? smtp::Ret::full : smtp::Ret::headers;
  }
  if (const auto notify = smtp::Notify::parse(options.notify)) {
    envelope.recipient_options.assign(envelope.recipients.size(), {*notify, {}});
  }
}

void send(const SendOptions& options) {
  Letter letter = options.raw.empty() ? written(options) : ready_made(options);
  ask_for_reports(options, letter.envelope);
  smtp::ClientOptions with;
  with.tls = options.server.tls_mode();
  with.tls_options = options.server.tls_options();
  with.insecure_auth = with.tls == net::Tls::none;  // who writes "none" means it
  with.local_name = options.helo;
  with.fix_line_ends = true;  // a file of ours may have the system's line ends
  if (options.server.debug) {
    with.trace = net::trace_to(stderr);
  }
  const std::string password = options.server.user.empty() ? "" : options.server.password();

  auto client = smtp::Client::connect(options.server.host(), options.server.port(), std::move(with));
  if (!options.server.user.empty()) {
    client.login(options.server.user, password);
  }
  if (!client.supports("DSN") && !(options.notify.empty() && options.ret.empty() && options.envid.empty())) {
    std::cerr << "The server does not tell what becomes of a message (no DSN): it is sent without asking for that.\n";
  }
  const auto print = [&](const auto& accepted, const auto& refused, const smtp::Reply* reply) {
    options.json ? print_json(letter, accepted, refused, reply) : print_text(accepted, refused, reply);
  };
  bool complete = false;
  try {
    const smtp::SendResult result = client.send(letter.envelope, letter.bytes);
    print(result.accepted, result.refused, &result.reply);
    complete = result.complete();
  } catch (const smtp::RecipientsRefused& error) {
    if (error.replies().empty()) {
      throw;
    }
    print(std::vector<std::string>(), error.replies(), nullptr);
  }
  client.quit();
  if (!complete) {
    throw ExitStatus{1};
  }
}

void check_combination(const SendOptions& options) {
  const bool composed = !options.text.empty() || !options.html.empty() || !options.inline_files.empty() ||
                        !options.attachments.empty() || !options.subject.empty();
  if (options.raw.empty() && !composed) {
    throw CLI::ValidationError("send", "nothing to send: give --text, --html, --attach, --subject or --raw");
  }
  if (!options.raw.empty() && composed) {
    throw CLI::ValidationError("--raw", "a ready message takes no other contents");
  }
  if (options.raw.empty() && options.to.empty() && options.cc.empty() && options.bcc.empty()) {
    throw CLI::RequiredError("--to");
  }
  if (!options.notify.empty() && !smtp::Notify::parse(options.notify)) {
    throw CLI::ValidationError("--notify",
                               "'" + options.notify + "' is neither never nor a list of success, failure, delay");
  }
  if (!options.envid.empty() && !mail::parse_envid(mail::encode_xtext(options.envid))) {
    throw CLI::ValidationError("--envid", "at most 100 printable ASCII characters");
  }
  if (options.server.user.empty() != options.server.password_file.empty()) {
    throw CLI::ValidationError("--user", "--user and --password-file go together");
  }
}

}  // namespace

void add_send_command(CLI::App& app) {
  auto options = std::make_shared<SendOptions>();
  CLI::App* command = app.add_subcommand("send", "Write a message, or take a ready one, and send it.");
  options->server.add_to(*command, "starttls", "the port is 587, or 465 with implicit TLS");
  const auto list = [command](const char* name, std::vector<std::string>& into, const char* help) {
    return command->add_option(name, into, help)->allow_extra_args(false);
  };
  command->add_option("--from", options->from, "Sender: ann@one.test or 'Ann <ann@one.test>'")->type_name("ADDRESS");
  list("--to", options->to, "Recipients, separated by commas; may be given several times, like those that follow")
      ->type_name("ADDRESS");
  list("--cc", options->cc, "Recipients of a copy")->type_name("ADDRESS");
  list("--bcc", options->bcc, "Recipients the others do not see")->type_name("ADDRESS");
  command->add_option("--subject", options->subject, "Subject");
  const CLI::Validator file_or_dash = CLI::ExistingFile | CLI::IsMember({"-"});
  command->add_option("--text", options->text, "File with the plain text in UTF-8; - is standard input")
      ->type_name("FILE")
      ->check(file_or_dash);
  command->add_option("--html", options->html, "File with the HTML")->type_name("FILE")->check(CLI::ExistingFile);
  list("--inline", options->inline_files, "FILE=CID: a file the HTML shows by cid:CID")->type_name("FILE=CID");
  list("--attach", options->attachments, "File to attach")->type_name("FILE")->check(CLI::ExistingFile);
  command->add_flag("--strict-names", options->strict_names,
                    "Names of files by RFC 2231 only, not also as encoded words, which Outlook needs");
  command
      ->add_option(
          "--raw", options->raw,
          "File with a ready message; sent as it is but for its line ends and Bcc, to --to or else to its To, Cc and "
          "Bcc")
      ->type_name("FILE")
      ->check(file_or_dash);
  command
      ->add_option("--notify", options->notify,
                   "What you want to be told of: never, or success, failure, delay separated by commas (RFC 3461)")
      ->type_name("WHEN");
  command->add_option("--ret", options->ret, "What comes back with a report of failure")
      ->type_name("full|headers")
      ->check(CLI::IsMember({"full", "headers"}));
  command->add_option("--envid", options->envid, "A name for this message, which reports repeat")->type_name("TEXT");
  command->add_option("--helo", options->helo, "Name to greet the server with; else the address")->type_name("NAME");
  command->add_flag("--json", options->json, "One line of JSON: from, size, accepted, refused, reply");
  command->footer("Status: 0 all recipients accepted, 1 one was refused or sending failed, 2 used wrongly.");
  command->callback([options] {
    check_combination(*options);
    send(*options);
  });
}

}  // namespace posthouse::app
