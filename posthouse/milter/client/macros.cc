#include "posthouse/milter/client/macros.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::milter {
namespace {

constexpr std::size_t max_values = 256;
constexpr std::size_t max_value = 1024;
constexpr std::size_t max_name = 64;
constexpr std::size_t max_wanted = 64;

constexpr std::string_view usual[stages] = {
    "j _ daemon_name daemon_addr daemon_port if_name if_addr v client_addr client_name client_port client_ptr",
    "tls_version cipher cipher_bits cert_subject cert_issuer",
    "i auth_type auth_authen auth_author auth_ssf mail_addr mail_host mail_mailer client_addr client_name client_port",
    "rcpt_addr rcpt_host rcpt_mailer i",
    "i",
    "i",
    "i",
};

std::string_view bare(std::string_view name) noexcept {
  return name.size() > 2 && name.starts_with('{') && name.ends_with('}') ? name.substr(1, name.size() - 2) : name;
}

bool of_a_message(std::string_view name) noexcept {
  return name == "i" || name.starts_with("mail_") || name.starts_with("rcpt_");
}

}  // namespace

Macros::Macros() {
  want_usual();
}

void Macros::want_usual() {
  for (std::size_t stage = 0; stage < stages; ++stage) {
    want(static_cast<Stage>(stage), usual[stage]);
  }
}

void Macros::set(std::string_view name, std::string_view value) {
  const std::string_view key = bare(name);
  if (value.empty()) {
    if (const auto known = values_.find(key); known != values_.end()) {
      values_.erase(known);
    }
    return;
  }
  if (key.empty() || key.size() > max_name || (values_.size() >= max_values && !values_.contains(key))) {
    return;
  }
  std::string clean(value.substr(0, max_value));
  std::replace_if(
      clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  values_.insert_or_assign(std::string(key), std::move(clean));
}

void Macros::clear_message() {
  std::erase_if(values_, [](const auto& entry) { return of_a_message(entry.first); });
}

void Macros::want(Stage stage, std::string_view names) {
  auto& wanted = wanted_[static_cast<std::size_t>(stage)];
  wanted.clear();
  for (const std::string_view word : split(names, ' ')) {
    const std::string_view name = bare(word);
    if (!name.empty() && name.size() <= max_name && wanted.size() < max_wanted &&
        std::find(wanted.begin(), wanted.end(), name) == wanted.end()) {
      wanted.emplace_back(name);
    }
  }
}

std::string Macros::packet_data(Stage stage, char command) const {
  std::string data;
  for (const std::string& name : wanted_[static_cast<std::size_t>(stage)]) {
    const auto known = values_.find(name);
    if (known == values_.end()) {
      continue;
    }
    if (data.empty()) {
      data += command;
    }
    data += name.size() == 1 ? name : '{' + name + '}';
    data += '\0';
    data += known->second;
    data += '\0';
  }
  return data;
}

}  // namespace posthouse::milter
