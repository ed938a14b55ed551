#include "posthouse/sasl/mechanisms.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/sasl/allowed.h"
#include "posthouse/sasl/error.h"
#include "posthouse/sasl/external.h"
#include "posthouse/sasl/password_mechanisms.h"
#include "posthouse/sasl/scram/scram.h"

namespace posthouse::sasl {
namespace {

bool always(Verifier&, const Context&) {
  return true;
}
template <ScramHash hash>
bool has_keys(Verifier& verifier, const Context&) {
  return verifier.has_keys(hash);
}
bool certified(Verifier& verifier, const Context& context) {
  return !context.certified.empty() && verifier.takes_certificate(context);
}
template <ScramHash hash, Binding binding>
std::unique_ptr<ServerMechanism> scram_server(Verifier& verifier, const Context& context) {
  return make_scram_server(hash, binding, verifier, context);
}
template <ScramHash hash, Binding binding>
std::unique_ptr<ClientMechanism> scram_client(Credentials credentials) {
  return make_scram_client(hash, binding, std::move(credentials));
}

struct Known {
  std::string_view name;
  bool needs_binding;
  bool (*possible)(Verifier&, const Context&);
  std::unique_ptr<ServerMechanism> (*server)(Verifier&, const Context&);
  std::unique_ptr<ClientMechanism> (*client)(Credentials);
};

constexpr auto sha256 = ScramHash::sha256;
constexpr auto sha1 = ScramHash::sha1;

constexpr std::string_view external = "EXTERNAL";

/// Strongest first.
constexpr std::array<Known, 7> mechanisms{{
    {external, false, certified, make_external_server, make_external_client},
    {"SCRAM-SHA-256-PLUS", true, has_keys<sha256>, scram_server<sha256, Binding::used>,
     scram_client<sha256, Binding::used>},
    {"SCRAM-SHA-256", false, has_keys<sha256>, scram_server<sha256, Binding::none>,
     scram_client<sha256, Binding::none>},
    {"SCRAM-SHA-1-PLUS", true, has_keys<sha1>, scram_server<sha1, Binding::used>, scram_client<sha1, Binding::used>},
    {"SCRAM-SHA-1", false, has_keys<sha1>, scram_server<sha1, Binding::none>, scram_client<sha1, Binding::none>},
    {"PLAIN", false, always, make_plain_server, make_plain_client},
    {"LOGIN", false, always, make_login_server, make_login_client},
}};

bool offered(const Known& mechanism, Verifier& verifier, const Context& context) {
  return allowed(context, mechanism.name) && mechanism.possible(verifier, context) &&
         (!mechanism.needs_binding || can_bind(context.channel_binding));
}

}  // namespace

bool is_mechanism(std::string_view name) noexcept {
  return std::any_of(mechanisms.begin(), mechanisms.end(),
                     [name](const Known& known) { return iequals(known.name, name); });
}

std::string mechanism_names(std::string_view between) {
  std::string names;
  for (const Known& known : mechanisms) {
    names.append(names.empty() ? "" : between).append(known.name);
  }
  return names;
}

bool takes_passwords(const Context& context) {
  return allowed(context, "PLAIN") || allowed(context, "LOGIN");
}

std::string server_mechanisms(Verifier& verifier, const Context& context) {
  std::string names;
  for (const Known& mechanism : mechanisms) {
    if (offered(mechanism, verifier, context)) {
      names.append(names.empty() ? "" : " ").append(mechanism.name);
    }
  }
  return names;
}

std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view mechanism, Verifier& verifier,
                                                       const Context& context) {
  for (const Known& known : mechanisms) {
    if (iequals(known.name, mechanism) && offered(known, verifier, context)) {
      return known.server(verifier, context);
    }
  }
  return nullptr;
}

std::vector<std::string> usable_mechanisms(std::string_view offered, const ChannelBindingData& channel_binding) {
  std::vector<std::string_view> words;
  for (offered = trim(offered); !offered.empty();) {
    words.push_back(take_word(offered));
  }
  std::vector<std::string> usable;
  for (const Known& known : mechanisms) {
    const bool listed =
        std::any_of(words.begin(), words.end(), [&](std::string_view word) { return iequals(word, known.name); });
    if (listed && known.name != external && (!known.needs_binding || can_bind(channel_binding))) {
      usable.emplace_back(known.name);
    }
  }
  return usable;
}

std::unique_ptr<ClientMechanism> make_client_mechanism(std::string_view mechanism, Credentials credentials) {
  const auto usable = [](std::string_view text) { return !text.empty() && text.find('\0') == std::string_view::npos; };
  for (const Known& known : mechanisms) {
    if (!iequals(known.name, mechanism)) {
      continue;
    }
    const bool says_password = known.name != external;
    if (says_password && !usable(credentials.user)) {
      throw Error(Errc::credentials, "a user name must not be empty nor hold a NUL");
    }
    if (says_password && !usable(credentials.password)) {
      throw Error(Errc::credentials, "a password must not be empty nor hold a NUL");
    }
    if (credentials.authzid.find('\0') != std::string::npos) {
      throw Error(Errc::credentials, "an authorization identity must not hold a NUL");
    }
    return known.client(std::move(credentials));
  }
  throw Error(Errc::mechanism,
              fmt::format("there is no mechanism '{}' here, only {}", printable(mechanism), mechanism_names(", ")));
}

}  // namespace posthouse::sasl
