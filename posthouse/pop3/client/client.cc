#include "posthouse/pop3/client/client.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/client_exchange.h"
#include "posthouse/net/error.h"
#include "posthouse/net/tls/shared_tls_context.h"
#include "posthouse/pop3/client/client_dialogue.h"
#include "posthouse/pop3/wire/number.h"

namespace posthouse::pop3 {
namespace {

constexpr std::size_t max_auth_line = 253;  // RFC 5034 section 4: a longer initial response waits to be asked for
constexpr std::size_t window = 64;          // commands sent ahead: few enough for any socket's buffer

std::string with_number(std::string_view verb, std::size_t number) {
  return std::string(verb) + ' ' + std::to_string(number);
}

}  // namespace

class Client::Impl {
 public:
  Impl(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline);

  std::string simple(std::string_view line, Errc otherwise = Errc::refused) {
    dialogue_.command(line);
    return dialogue_.status(otherwise);
  }
  std::size_t number(std::string_view& text);
  const std::vector<std::string>& capabilities();
  std::string_view arguments_of(std::string_view capability);
  bool supports(std::string_view name, std::string_view argument);
  void login(const std::string& user, const std::string& password);
  bool enable_utf8();
  std::vector<LanguageEntry> languages();
  void login_external(const std::string& user);
  void sasl(std::unique_ptr<sasl::ClientMechanism> mechanism);
  void ahead(std::string_view verb, std::span<const std::size_t> numbers,
             const std::function<void(std::size_t number)>& read_answer,
             const std::function<void(std::size_t number)>& skip_answer);

  Dialogue dialogue_;
  std::string welcome_;
  bool capabilities_known_ = false;
  bool utf8_ = false;  // the server was told
  std::vector<std::string> capabilities_;

 private:
  void start_tls(const std::string& server_name, net::Deadline deadline);
};

Client::Impl::Impl(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline)
    : dialogue_(std::move(stream), std::move(options)) {
  const Tls mode = dialogue_.options().tls;
  dialogue_.set_deadline(deadline);
  if (mode == Tls::implicit) {
    start_tls(server_name, deadline);
  }
  welcome_ = dialogue_.status();
  if (mode == Tls::starttls) {
    simple("STLS", Errc::tls_unavailable);
    start_tls(server_name, deadline);
  }
  dialogue_.set_deadline({});
}

void Client::Impl::start_tls(const std::string& server_name, net::Deadline deadline) {
  const ClientOptions& options = dialogue_.options();
  const auto context = options.tls_context ? *options.tls_context : net::shared_client_context(options.tls_options);
  dialogue_.stream().start_tls_client(context, server_name, deadline);
  dialogue_.note_tls();
}

// Cuts a number off the front of `text`.
std::size_t Client::Impl::number(std::string_view& text) {
  const std::string_view all = text;
  const auto value = parse_number(take_word(text));
  if (!value) {
    dialogue_.nonsense("a number is missing", all);
  }
  return static_cast<std::size_t>(*value);
}

const std::vector<std::string>& Client::Impl::capabilities() {
  if (capabilities_known_) {
    return capabilities_;
  }
  std::vector<std::string> found;
  try {
    simple("CAPA");
    dialogue_.lines([&](std::string_view line) { found.emplace_back(trim(line)); });
  } catch (const Error& error) {
    if (error.errc() != Errc::refused) {
      throw;
    }
  }
  capabilities_known_ = true;
  return capabilities_ = std::move(found);
}

bool Client::Impl::supports(std::string_view name, std::string_view argument) {
  for (std::string_view line : capabilities()) {
    if (!iequals(take_word(line), name)) {
      continue;
    }
    if (argument.empty()) {
      return true;
    }
    while (!line.empty()) {
      if (iequals(take_word(line), argument)) {
        return true;
      }
    }
  }
  return false;
}

std::string_view Client::Impl::arguments_of(std::string_view capability) {
  for (std::string_view line : capabilities()) {
    if (iequals(take_word(line), capability)) {
      return line;
    }
  }
  return {};
}

void Client::Impl::login(const std::string& user, const std::string& password) {
  dialogue::require_one_line<Error>(user, "a user name", Errc::usage);
  dialogue::require_one_line<Error>(password, "a password", Errc::usage);
  if (!dialogue_.stream().is_tls() && !dialogue_.options().insecure_auth) {
    throw Error(Errc::insecure, "the password would go in clear text: use TLS, or allow it explicitly");
  }
  const std::string offered(arguments_of("SASL"));
  const std::vector<std::string> mechanisms = dialogue::usable_mechanisms(offered, dialogue_.stream());
  const bool user_known = capabilities_.empty() || supports("USER", {});
  if (!mechanisms.empty()) {
    try {
      sasl(dialogue::make_mechanism(mechanisms.front(), user, password, dialogue_.stream()));
      return;
    } catch (const Error& error) {
      // A wrong name or password is told by [AUTH]; a refusal without it may be about the command.
      if (!user_known || error.errc() != Errc::auth_failed || !error.response_code().empty() ||
          !error.connection_usable()) {
        throw;
      }
    }
  }
  if (!user_known) {
    throw Error(Errc::no_mechanism,
                "the POP3 server offers no log-in known here (it has: SASL " + printable(offered) + ")");
  }
  if (!is_ascii(user) || !is_ascii(password)) {
    enable_utf8();
  }
  simple("USER " + user, Errc::auth_failed);
  simple("PASS " + password, Errc::auth_failed);
  capabilities_known_ = false;
}

bool Client::Impl::enable_utf8() {
  if (!utf8_ && supports("UTF8", {})) {
    simple("UTF8");
    utf8_ = true;
  }
  return utf8_;
}

std::vector<LanguageEntry> Client::Impl::languages() {
  std::vector<LanguageEntry> found;
  if (supports("LANG", {})) {
    simple("LANG");
    dialogue_.lines([&](std::string_view line) {
      const std::string_view tag = take_word(line);
      found.push_back({std::string(tag), std::string(trim(line))});
    });
  }
  return found;
}

void Client::Impl::login_external(const std::string& user) {
  if (!supports("SASL", "EXTERNAL")) {
    throw Error(Errc::no_mechanism, "the POP3 server offers no log-in by certificate");
  }
  sasl(dialogue::make_external(user));
}

void Client::Impl::sasl(std::unique_ptr<sasl::ClientMechanism> mechanism) {
  dialogue::ClientExchange exchange(std::move(mechanism), max_auth_line);
  dialogue_.command(exchange.opening());
  std::string challenge;
  while (dialogue_.challenge_or_status(challenge)) {
    dialogue_.response(exchange.answer(challenge));
  }
  if (!exchange.complete()) {
    dialogue_.stream().close();
    throw Error(Errc::auth_failed, "the POP3 server did not prove that it knows the password",
                {.connection_usable = false});
  }
  capabilities_known_ = false;
}

// Sends the commands ahead of the answers, a window at a time. After a refusal the answers still to come are read and
// dropped, so that the connection stays in step.
void Client::Impl::ahead(std::string_view verb, std::span<const std::size_t> numbers,
                         const std::function<void(std::size_t)>& read_answer,
                         const std::function<void(std::size_t)>& skip_answer) {
  const std::size_t most = supports("PIPELINING", {}) ? window : 1;
  std::size_t sent = 0;
  std::exception_ptr refusal;
  for (std::size_t answered = 0; answered < (refusal ? sent : numbers.size()); ++answered) {
    if (!refusal && sent - answered <= most / 2) {
      for (; sent < numbers.size() && sent - answered < most; ++sent) {
        dialogue_.command_later(with_number(verb, numbers[sent]));
      }
      dialogue_.send();
    }
    dialogue_.expect(with_number(verb, numbers[answered]));
    try {
      (refusal ? skip_answer : read_answer)(numbers[answered]);
    } catch (const Error& error) {
      if (!error.connection_usable()) {
        throw;
      }
      if (!refusal) {
        refusal = std::current_exception();
      }
    }
  }
  if (refusal) {
    std::rethrow_exception(refusal);
  }
}

Client Client::connect(const std::string& host, std::uint16_t port, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  if (port == 0) {
    port = options.tls == Tls::implicit ? 995 : 110;
  }
  net::Stream stream = net::connect(host, port, deadline);
  return Client(std::make_unique<Impl>(std::move(stream), host, std::move(options), deadline));
}

Client Client::connect(const net::Address& address, const std::string& server_name, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  net::Stream stream = net::connect(address, deadline);
  return Client(std::make_unique<Impl>(std::move(stream), server_name, std::move(options), deadline));
}

Client::Client(net::Stream stream, const std::string& server_name, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  impl_ = std::make_unique<Impl>(std::move(stream), server_name, std::move(options), deadline);
}

Client::Client(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

const std::string& Client::welcome() const noexcept {
  return impl_->welcome_;
}
const std::vector<std::string>& Client::capabilities() {
  return impl_->capabilities();
}
bool Client::supports(std::string_view name, std::string_view argument) {
  return impl_->supports(name, argument);
}
void Client::login(const std::string& user, const std::string& password) {
  impl_->login(user, password);
}

void Client::login_external(const std::string& user) {
  impl_->login_external(user);
}

bool Client::enable_utf8() {
  return impl_->enable_utf8();
}
std::vector<LanguageEntry> Client::languages() {
  return impl_->languages();
}
void Client::set_language(const std::string& tag) {
  if (tag.empty() ||
      tag.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-*") != std::string::npos) {
    throw Error(Errc::usage, "no language has the tag " + printable(tag));
  }
  impl_->simple("LANG " + tag);
}

Stat Client::stat() {
  const std::string answer = impl_->simple("STAT");
  std::string_view text = answer;
  const std::size_t count = impl_->number(text);
  return {count, impl_->number(text)};
}

std::vector<ListEntry> Client::list() {
  impl_->simple("LIST");
  std::vector<ListEntry> entries;
  impl_->dialogue_.lines([&](std::string_view line) {
    const std::size_t number = impl_->number(line);
    entries.push_back({number, impl_->number(line)});
  });
  return entries;
}

std::uint64_t Client::list(std::size_t number) {
  const std::string answer = impl_->simple(with_number("LIST", number));
  std::string_view text = answer;
  if (impl_->number(text) != number) {
    impl_->dialogue_.nonsense("it is about another message", answer);
  }
  return impl_->number(text);
}

std::vector<UidlEntry> Client::uidl() {
  impl_->simple("UIDL");
  std::vector<UidlEntry> entries;
  impl_->dialogue_.lines([&](std::string_view line) {
    const std::string_view all = line;
    const std::size_t number = impl_->number(line);
    const std::string_view uid = take_word(line);
    if (uid.empty()) {
      impl_->dialogue_.nonsense("a unique id is missing", all);
    }
    entries.push_back({number, std::string(uid)});
  });
  return entries;
}

std::string Client::uidl(std::size_t number) {
  const std::string answer = impl_->simple(with_number("UIDL", number));
  std::string_view text = answer;
  if (impl_->number(text) != number) {
    impl_->dialogue_.nonsense("it is about another message", answer);
  }
  const std::string_view uid = take_word(text);
  if (uid.empty()) {
    impl_->dialogue_.nonsense("a unique id is missing", answer);
  }
  return std::string(uid);
}

std::string Client::top(std::size_t number, std::size_t lines) {
  impl_->simple(with_number("TOP", number) + ' ' + std::to_string(lines));
  std::string text;
  impl_->dialogue_.text([&](std::string_view chunk) { text += chunk; });
  return text;
}

std::string Client::retrieve(std::size_t number) {
  std::string message;
  retrieve(number, [&](std::string_view chunk) { message += chunk; });
  return message;
}

void Client::retrieve(std::size_t number, const std::function<void(std::string_view)>& sink) {
  impl_->simple(with_number("RETR", number));
  impl_->dialogue_.text(sink);
}

void Client::retrieve(std::span<const std::size_t> numbers, const std::function<void(std::size_t, std::string)>& each) {
  std::string message;
  retrieve(
      numbers, [&](std::size_t, std::string_view chunk) { message += chunk; },
      [&](std::size_t number) { each(number, std::exchange(message, {})); });
}

void Client::retrieve(std::span<const std::size_t> numbers,
                      const std::function<void(std::size_t, std::string_view)>& piece,
                      const std::function<void(std::size_t)>& end) {
  Dialogue& dialogue = impl_->dialogue_;
  const auto read = [&](std::size_t number) {
    dialogue.status();
    dialogue.text([&](std::string_view chunk) { piece(number, chunk); });
    try {
      end(number);
    } catch (...) {
      dialogue.stream().close();  // answers are on their way that nobody will read
      throw;
    }
  };
  const auto skip = [&](std::size_t) {
    dialogue.status();
    dialogue.text([](std::string_view) {});
  };
  impl_->ahead("RETR", numbers, read, skip);
}

void Client::remove(std::size_t number) {
  impl_->simple(with_number("DELE", number));
}

void Client::remove(std::span<const std::size_t> numbers) {
  const auto read = [this](std::size_t) { impl_->dialogue_.status(); };
  impl_->ahead("DELE", numbers, read, read);
}

void Client::reset() {
  impl_->simple("RSET");
}
void Client::noop() {
  impl_->simple("NOOP");
}

void Client::quit() {
  try {
    impl_->simple("QUIT");
  } catch (...) {
    impl_->dialogue_.stream().close();
    throw;
  }
  impl_->dialogue_.stream().close();
}

bool Client::secure() const noexcept {
  return impl_->dialogue_.stream().is_tls();
}
net::Stream& Client::stream() noexcept {
  return impl_->dialogue_.stream();
}

}  // namespace posthouse::pop3
