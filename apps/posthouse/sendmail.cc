#include "apps/posthouse/sendmail.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include "apps/posthouse/hand_in.h"
#include "apps/posthouse/sendmail_letter.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "posthouse/base/error.h"
#include "posthouse/base/text.h"
#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/random.h"
#include "posthouse/mail/address.h"
#include "posthouse/mime/fields/date.h"
#include "posthouse/queue/queue.h"
#include "posthouse/server/machine.h"
#include "posthouse/store/error.h"

namespace posthouse::app {
namespace {

constexpr std::size_t longest_letter = std::size_t{50} << 20;  // octets, as the server takes by default
constexpr auto patience = std::chrono::days(5);                // of the queue, as the server has by default
constexpr std::size_t mailq_page = 1000;

enum class Mode { deliver, speak, list, run_queue, nothing };

struct SendmailOptions {
  Mode mode = Mode::deliver;
  DataOption data{.quiet = true};
  bool from_header = false, dots = false;
  std::optional<std::string> sender{};  // of the envelope; empty: the null sender
  std::string full_name{};
  std::vector<std::string> recipients{};
};

Mode mode_called(std::string_view letter) {
  if (letter == "m") {
    return Mode::deliver;
  }
  if (letter == "s") {
    return Mode::speak;
  }
  if (letter == "p") {
    return Mode::list;
  }
  if (letter == "i") {
    return Mode::nothing;  // aliases are used as soon as they are made
  }
  if (letter == "d" || letter == "D") {
    throw SendmailError(EX_USAGE, "-bd: the server is started by 'posthouse serve'");
  }
  throw SendmailError(EX_USAGE, "-b" + printable(letter) + " is not one of -bm, -bs, -bp and -bi");
}

void take_option(SendmailOptions& options, int letter, const char* value) {
  const std::string_view text = value == nullptr ? "" : value;
  switch (letter) {
    case 'b':
      options.mode = mode_called(text);
      return;
    case 'q':
      options.mode = Mode::run_queue;
      return;
    case 't':
      options.from_header = true;
      return;
    case 'i':
      options.dots = true;
      return;
    case 'o':  // others of sendmail's settings change nothing here
      options.dots = options.dots || text == "i";
      return;
    case 'f':
    case 'r':
      options.sender = text;
      return;
    case 'F':
      options.full_name = text;
      return;
    case '?':
    case ':':
      throw SendmailError(EX_USAGE, "-" + printable(std::string(1, static_cast<char>(optopt))) +
                                        (letter == ':' ? " needs a value" : " is no option of sendmail"));
    default:
      return;
  }
}

/// The options of ours that may come before sendmail's own: where the mail is. Returns how many words those are.
int take_place(DataOption& data, int argc, char** argv, int at) {
  for (; at + 1 < argc; at += 2) {
    const std::string_view name = argv[at];
    std::string* const value = name == "--data"       ? &data.data
                               : name == "--database" ? &data.database
                               : name == "--config"   ? &data.config
                                                      : nullptr;
    if (value == nullptr) {
      break;
    }
    *value = argv[at + 1];
  }
  return at;
}

std::string_view name_called(const char* program) {
  const std::string_view path = program == nullptr ? "" : program;
  return path.substr(path.rfind('/') + 1);
}

SendmailOptions read_options(int argc, char** argv) {
  SendmailOptions options;
  const std::string_view name = name_called(argv[0]);
  options.mode = name == "mailq" ? Mode::list : name == "newaliases" ? Mode::nothing : Mode::deliver;
  const bool spelled_out = name != "sendmail" && name != "mailq" && name != "newaliases";
  const int first = take_place(options.data, argc, argv, spelled_out ? 2 : 1);
  opterr = 0;
  optind = first;
  for (;;) {
    // "+": what follows the first recipient is a recipient.
    const int letter = ::getopt(argc, argv, "+:A:B:C:F:GIL:N:O:R:UV:X:b:cd::e:f:h:imno:p:q::r:stv");
    if (letter == -1) {
      break;
    }
    take_option(options, letter, optarg);
  }
  for (int i = optind; i < argc; ++i) {
    options.recipients.emplace_back(argv[i]);
  }
  return options;
}

std::string user_name() {
  const passwd* const user = ::getpwuid(::getuid());
  return user == nullptr ? "uid" + std::to_string(::getuid()) : user->pw_name;
}

std::string machine() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

/// The domain of addresses that are a bare word.
std::string domain_of_bare_words(store::Store& store, const std::string& hostname) {
  return server::own_domain(hostname, [&](const std::string& one) { return store.accounts().has_domain(one); });
}

/// Root becomes the user whose mail it is: a file that root made there could not be read by the server.
void become_owner(const std::string& folder) {
  struct stat found{};
  if (::geteuid() != 0 || ::stat(folder.c_str(), &found) != 0 || found.st_uid == 0) {
    return;
  }
  if (::setgroups(0, nullptr) != 0 || ::setgid(found.st_gid) != 0 || ::setuid(found.st_uid) != 0) {
    throw SendmailError(EX_OSERR, "cannot become the user that " + printable(folder) + " belongs to");
  }
}

std::shared_ptr<store::Store> open_as_owner(const DataOption& data) {
  become_owner(data.place().folder);
  return open_store(data);
}

/// Who the envelope says it is from.
std::string sender_of(const SendmailOptions& options, const std::string& user, const std::string& domain) {
  if (!options.sender) {
    return envelope_address(user, domain);
  }
  const std::string_view given = trim(*options.sender);
  return given.empty() || given == "<>" ? std::string() : envelope_address(given, domain);
}

delivery::Destinations destinations_of(store::Store& store, const std::vector<std::string>& recipients) {
  using Status = store::Resolution::Status;
  delivery::Destinations to;
  for (const std::string& one : recipients) {
    const store::Resolution resolution = store.accounts().resolve(one);
    if (resolution.status == Status::ok) {
      to.add_local(resolution, one);
    } else if (resolution.status == Status::no_such_domain) {
      to.add_remote(one);
    } else {
      throw SendmailError(EX_NOUSER, "<" + printable(one, 320) + "> " +
                                         (resolution.status == Status::disabled ? "takes no mail"
                                          : resolution.status == Status::loop   ? "is an alias that goes in a circle"
                                                                                : "is not here") +
                                         "; nothing was sent");
    }
  }
  return to;
}

/// A letter with its envelope.
struct Outgoing {
  std::string sender{};
  std::vector<std::string> recipients{};
  std::string text{};
};

/// Reads the letter. `rules` have a domain.
Outgoing outgoing(const SendmailOptions& options, const std::string& user, LetterRules rules) {
  Outgoing letter{.sender = sender_of(options, user, rules.domain)};
  rules.sender = letter.sender;
  for (const std::string& one : options.recipients) {
    letter.recipients.push_back(envelope_address(one, rules.domain));
  }
  MendedLetter mended = mend_letter(read_letter(STDIN_FILENO, options.dots, longest_letter), rules);
  letter.recipients.insert(letter.recipients.end(), mended.recipients.begin(), mended.recipients.end());
  if (letter.recipients.empty()) {
    throw SendmailError(EX_DATAERR, "the header names no recipient");
  }
  letter.text = std::move(mended.text);
  return letter;
}

/// Whether header or addresses are beyond ASCII, of those that leave this house.
bool is_international(const Outgoing& letter, const std::vector<std::string>& recipients) {
  const std::string_view header = std::string_view(letter.text).substr(0, letter.text.find("\r\n\r\n"));
  return !is_ascii(header) || !is_ascii(letter.sender) ||
         std::ranges::any_of(recipients, [](const std::string& one) { return !is_ascii(one); });
}

/// Writes the letter into mailboxes and the queue, as no server runs that would.
void write_letter(store::Store& store, const Outgoing& letter, const LetterRules& rules, uid_t uid) {
  const delivery::Destinations to = destinations_of(store, letter.recipients);
  store::BodyWriter body = store.new_body();
  body.append(letter.text);
  const auto now = std::chrono::time_point_cast<std::chrono::microseconds>(rules.now);
  std::vector<std::string> remote;
  for (const queue::NewRecipient& one : to.remote()) {
    remote.push_back(one.address);
  }
  delivery::deliver(store,
                    {.body = body.finish(),
                     .reverse_path = letter.sender,
                     .smtputf8 = is_international(letter, remote),
                     .eight_bit = !is_ascii(letter.text),
                     .prefix = fmt::format("Received: by {} (Posthouse, from userid {})\r\n\tid {};\r\n\t{}\r\n",
                                           rules.hostname, uid, fiber::random_hex(8), mime::format_date(rules.now)),
                     .expires_at = now + patience},
                    to, now);
}

/// The running server takes it as from a user of its own: signs it, asks the filters of recipients. Where none runs, who
/// may writes it himself.
void deliver_letter(const SendmailOptions& options) {
  if (options.recipients.empty() && !options.from_header) {
    throw SendmailError(EX_USAGE, "recipients are wanted, or -t to read them from the header");
  }
  const Place place = options.data.place();
  const uid_t uid = ::getuid();
  const std::string user = user_name();
  LetterRules rules{.hostname = place.hostname.empty() ? machine() : place.hostname,
                    .full_name = options.full_name,
                    .from_header = options.from_header,
                    .now = std::chrono::system_clock::now()};
  if (std::optional<HandIn> server = HandIn::connect(hand_in_path(place))) {
    rules.domain = server->domain().empty() ? rules.hostname : server->domain();
    const Outgoing letter = outgoing(options, user, rules);
    return server->send(letter.sender, letter.recipients, letter.text, is_international(letter, letter.recipients));
  }
  const auto store = open_as_owner(options.data);
  rules.domain = domain_of_bare_words(*store, rules.hostname);
  write_letter(*store, outgoing(options, user, rules), rules, uid);
}

/// "Mon Dec  1 02:13:30", as mailq has always had it.
std::string mailq_time(store::Moment moment) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(moment);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S", &parts)};
}

/// One entry for each letter, its recipients below it. A letter's recipients lie together in the queue.
void list_as_mailq(const DataOption& data) {
  const auto store = open_as_owner(data);
  std::int64_t after = 0, entry = 0;
  std::size_t waiting = 0;
  for (;;) {
    const auto rows = queue::list(*store, {}, after, mailq_page);
    for (const queue::Listed& row : rows) {
      if (waiting++ == 0) {
        fmt::print("-Queue ID-  -Arrival Time-------  -Sender/Recipient-\n");
      }
      if (row.entry_id != entry) {
        fmt::print("{}{:<12} {}  {}\n", entry == 0 ? "" : "\n",
                   std::to_string(row.entry_id) + (row.leased ? "*"
                                                   : row.held ? "!"
                                                              : ""),
                   mailq_time(row.created_at),
                   row.reverse_path.empty() ? "MAILER-DAEMON" : printable(row.reverse_path, 320));
        entry = row.entry_id;
      }
      if (!row.last_reply.empty()) {
        fmt::print("{:>12} ({})\n", "", printable(row.last_reply));
      }
      fmt::print("{:>34}{}\n", "", printable(row.recipient, 320));
    }
    if (rows.size() < mailq_page) {
      break;
    }
    after = rows.back().id;
  }
  if (waiting == 0) {
    fmt::print("Mail queue is empty\n");
  } else {
    fmt::print("\n-- {} recipients wait.\n", waiting);
  }
}

void be_sendmail(const SendmailOptions& options) {
  switch (options.mode) {
    case Mode::deliver:
      return deliver_letter(options);
    case Mode::speak:
      return join_hand_in(hand_in_path(options.data.place()));
    case Mode::list:
      return list_as_mailq(options.data);
    case Mode::run_queue:
      queue::retry(*open_as_owner(options.data), {});
      return;
    case Mode::nothing:
      return;
  }
}

int complain(int status, const char* what) {
  fmt::print(stderr, "sendmail: {}\n", what);
  return status;
}

}  // namespace

bool is_sendmail(int argc, char** argv) {
  const std::string_view name = name_called(argc > 0 ? argv[0] : nullptr);
  if (name == "sendmail" || name == "mailq" || name == "newaliases") {
    return true;
  }
  const std::string_view second = argc > 2 ? argv[2] : "";
  return argc > 1 && std::string_view(argv[1]) == "sendmail" && second != "--help" && second != "-h";
}

int sendmail(int argc, char** argv) {
  try {
    be_sendmail(read_options(argc, argv));
    return EX_OK;
  } catch (const SendmailError& error) {
    return complain(error.status(), error.what());
  } catch (const store::Error& error) {
    return complain(EX_TEMPFAIL, (std::string("no server takes letters here, and this user cannot write them into the "
                                              "data folder: ") +
                                  error.what())
                                     .c_str());
  } catch (const posthouse::Error& error) {
    return complain(EX_TEMPFAIL, error.what());
  } catch (const std::exception& error) {
    return complain(EX_SOFTWARE, error.what());
  }
}

// The options are sendmail's, which CLI11 has no words for: this is for the help.
void add_sendmail_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "sendmail", "Send a letter from standard input, as programs that call sendmail want it; also mailq (-bp)");
  DataOption().add_to(*command);
  command->footer(
      "RECIPIENT...  whom it is to; more with -t\n"
      "-t            also to whom To, Cc and Bcc name; Bcc is taken out\n"
      "-i, -oi       a line that is a lone dot does not end the letter\n"
      "-f ADDRESS    the sender of the envelope; '' is the null sender\n"
      "-F NAME       the name in From:, where that is missing\n"
      "-bp           show the queue\n"
      "-bs           SMTP with the running server, on standard input and output\n"
      "-q            the queue is due now\n"
      "Others of sendmail's options are taken and change nothing.");
}

}  // namespace posthouse::app
