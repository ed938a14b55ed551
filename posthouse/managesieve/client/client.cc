#include "posthouse/managesieve/client/client.h"

#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/dialogue/client_exchange.h"
#include "posthouse/managesieve/client/client_dialogue.h"
#include "posthouse/managesieve/wire/strings.h"
#include "posthouse/net/error.h"

namespace posthouse::managesieve {
namespace {

constexpr std::uint16_t default_port = 4190;
constexpr std::size_t max_auth_line = 8 * 1024;  // a longer initial response waits to be asked for

/// Throws unless a script can have that name.
const std::string& checked_name(const std::string& name) {
  if (!is_script_name(name)) {
    throw Error(Errc::usage, "no script can have the name " + printable(name));
  }
  return name;
}

std::string shown_name(std::string_view verb, const std::string& name) {
  return fmt::format("{} \"{}\"", verb, printable(name));
}

}  // namespace

class Client::Impl {
 public:
  Impl(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline);

  Response simple(const std::string& verb, Errc otherwise = Errc::refused) {
    dialogue_.command(verb, verb);
    return dialogue_.outcome(otherwise);
  }
  Response on_script(std::string_view verb, const std::string& name) {
    dialogue_.command(fmt::format("{} {}", verb, as_string(name, Side::client)), shown_name(verb, name));
    return dialogue_.outcome();
  }
  const std::vector<Capability>& capabilities();
  void require_safe();
  void sasl(std::unique_ptr<sasl::ClientMechanism> mechanism);
  std::string upload(std::string line, std::string_view script, std::string shown);

  ClientDialogue dialogue_;
  bool capabilities_known_ = false;

 private:
  void read_capabilities();

  std::vector<Capability> capabilities_;
};

Client::Impl::Impl(net::Stream stream, const std::string& server_name, ClientOptions options, net::Deadline deadline)
    : dialogue_(std::move(stream), std::move(options)) {
  const Tls mode = dialogue_.options().tls;
  dialogue_.set_deadline(deadline);
  if (mode == Tls::implicit) {
    dialogue_.begin_tls(server_name, deadline);
  }
  read_capabilities();
  if (mode == Tls::starttls) {
    simple("STARTTLS", Errc::tls_unavailable);
    dialogue_.begin_tls(server_name, deadline);
    read_capabilities();  // what was said before TLS counts no more, and the server says it anew
  }
  dialogue_.set_deadline({});
}

void Client::Impl::read_capabilities() {
  std::vector<Capability> found;
  dialogue_.outcome(Errc::refused, [&](std::vector<Token>& data) {
    if (data.size() > 2 || !data.back().is_string()) {
      dialogue_.nonsense("a capability is one string or two");
    }
    found.push_back({std::move(data.front().text), data.size() > 1 ? std::move(data.back().text) : std::string()});
  });
  capabilities_ = std::move(found);
  capabilities_known_ = true;
}

const std::vector<Capability>& Client::Impl::capabilities() {
  if (!capabilities_known_) {
    dialogue_.command("CAPABILITY", "CAPABILITY");
    read_capabilities();
  }
  return capabilities_;
}

void Client::Impl::require_safe() {
  if (!dialogue_.stream().is_tls() && !dialogue_.options().insecure_auth) {
    throw Error(Errc::insecure, "the password would go in clear text: use TLS, or allow it explicitly");
  }
}

void Client::Impl::sasl(std::unique_ptr<sasl::ClientMechanism> mechanism) {
  dialogue::ClientExchange exchange(std::move(mechanism), max_auth_line);
  const std::string opening = exchange.opening();
  std::string_view words = opening;
  take_word(words);
  const std::string name(take_word(words));
  std::string line = "AUTHENTICATE " + as_string(name, Side::client);
  if (!words.empty()) {
    line += ' ' + as_string(words == "=" ? std::string_view() : words, Side::client);
  }
  dialogue_.command(line, "AUTHENTICATE \"" + name + '"' + (words.empty() ? "" : " ***"));
  for (;;) {
    const Response response = dialogue_.next(Errc::auth_failed);
    if (response.kind == Response::Kind::ok) {
      if (response.code == "SASL") {
        static_cast<void>(exchange.answer(response.code_value));
      }
      break;
    }
    if (response.data.size() != 1) {
      dialogue_.nonsense("a challenge is one string");
    }
    dialogue_.response(exchange.answer(response.data.front().text));
  }
  if (!exchange.complete()) {
    dialogue_.stream().close();
    throw Error(Errc::auth_failed, "the ManageSieve server did not prove that it knows the password",
                {.connection_usable = false});
  }
  capabilities_known_ = false;
}

// Returns what the server warns of.
std::string Client::Impl::upload(std::string line, std::string_view script, std::string shown) {
  append_literal(line, script, Side::client);
  dialogue_.command(line, std::move(shown));
  const Response response = dialogue_.outcome(Errc::script);
  return response.code == "WARNINGS" ? response.text : std::string();
}

Client Client::connect(const std::string& host, std::uint16_t port, ClientOptions options) {
  const auto deadline = net::Deadline::after(options.timeouts.connect);
  net::Stream stream = net::connect(host, port == 0 ? default_port : port, deadline);
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

const std::vector<Capability>& Client::capabilities() {
  return impl_->capabilities();
}

std::optional<std::string> Client::capability(std::string_view name) {
  for (const Capability& capability : impl_->capabilities()) {
    if (iequals(capability.name, name)) {
      return capability.value;
    }
  }
  return std::nullopt;
}

bool Client::supports(std::string_view name, std::string_view word) {
  const auto value = capability(name);
  if (!value || word.empty()) {
    return value.has_value();
  }
  for (std::string_view words = *value; !words.empty();) {
    if (iequals(take_word(words), word)) {
      return true;
    }
  }
  return false;
}

void Client::login(const std::string& user, const std::string& password) {
  impl_->require_safe();
  net::Stream& stream = impl_->dialogue_.stream();
  const auto mechanisms = dialogue::usable_mechanisms(capability("SASL").value_or(""), stream);
  if (mechanisms.empty()) {
    throw Error(Errc::no_mechanism, "the ManageSieve server offers no log-in that is known here");
  }
  impl_->sasl(dialogue::make_mechanism(mechanisms.front(), user, password, stream));
}

void Client::login_external(const std::string& user) {
  if (!supports("SASL", "EXTERNAL")) {
    throw Error(Errc::no_mechanism, "the ManageSieve server offers no log-in by certificate");
  }
  impl_->sasl(dialogue::make_external(user));
}

void Client::unauthenticate() {
  impl_->simple("UNAUTHENTICATE");
  impl_->capabilities_known_ = false;
}

std::vector<ScriptEntry> Client::list() {
  ClientDialogue& dialogue = impl_->dialogue_;
  dialogue.command("LISTSCRIPTS", "LISTSCRIPTS");
  std::vector<ScriptEntry> entries;
  dialogue.outcome(Errc::refused, [&](std::vector<Token>& data) {
    const bool active = data.size() > 1 && iequals(data[1].text, "ACTIVE");
    if (data.size() > (active ? 2 : 1)) {
      dialogue.nonsense("a script is its name, and ACTIVE or nothing");
    }
    entries.push_back({std::move(data.front().text), active});
  });
  return entries;
}

std::string Client::get(const std::string& name) {
  ClientDialogue& dialogue = impl_->dialogue_;
  dialogue.command("GETSCRIPT " + as_string(checked_name(name), Side::client), shown_name("GETSCRIPT", name));
  std::optional<std::string> script;
  dialogue.outcome(Errc::refused, [&](std::vector<Token>& data) {
    if (script || data.size() != 1) {
      dialogue.nonsense("a script is one string");
    }
    script = std::move(data.front().text);
  });
  if (!script) {
    dialogue.nonsense("the script is missing");
  }
  return *std::move(script);
}

std::string Client::put(const std::string& name, std::string_view script) {
  return impl_->upload("PUTSCRIPT " + as_string(checked_name(name), Side::client) + ' ', script,
                       shown_name("PUTSCRIPT", name));
}

std::string Client::check(std::string_view script) {
  return impl_->upload("CHECKSCRIPT ", script, "CHECKSCRIPT");
}

void Client::activate(const std::string& name) {
  impl_->on_script("SETACTIVE", checked_name(name));
}

void Client::deactivate() {
  impl_->on_script("SETACTIVE", {});
}

void Client::remove(const std::string& name) {
  impl_->on_script("DELETESCRIPT", checked_name(name));
}

void Client::rename(const std::string& from, const std::string& to) {
  impl_->dialogue_.command(fmt::format("RENAMESCRIPT {} {}", as_string(checked_name(from), Side::client),
                                       as_string(checked_name(to), Side::client)),
                           fmt::format("{} \"{}\"", shown_name("RENAMESCRIPT", from), printable(to)));
  impl_->dialogue_.outcome();
}

bool Client::have_space(const std::string& name, std::uint64_t octets) {
  impl_->dialogue_.command(fmt::format("HAVESPACE {} {}", as_string(checked_name(name), Side::client), octets),
                           fmt::format("{} {}", shown_name("HAVESPACE", name), octets));
  try {
    impl_->dialogue_.outcome();
  } catch (const Error& error) {
    if (error.errc() != Errc::quota) {
      throw;
    }
    return false;
  }
  return true;
}

void Client::noop() {
  impl_->simple("NOOP");
}

void Client::logout() {
  try {
    impl_->simple("LOGOUT");
  } catch (const Error& error) {
    if (error.errc() != Errc::bye) {
      impl_->dialogue_.stream().close();
      throw;
    }
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

}  // namespace posthouse::managesieve
