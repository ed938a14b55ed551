#include "posthouse/mail/srs.h"

#include <cstddef>
#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/base/digest.h"
#include "posthouse/base/text.h"

namespace posthouse::mail {
namespace {

constexpr std::size_t longest_local_part = 64, hash_length = 4;
constexpr std::string_view base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr int days_told_apart = 1024;

std::string day_of(std::chrono::sys_days today) {
  const auto day = static_cast<std::size_t>(today.time_since_epoch().count() % days_told_apart);
  return {base32[day / 32], base32[day % 32]};
}

/// Whether `text` is a day at most Srs::lifetime ago, or tomorrow: clocks differ.
bool is_recent(std::string_view text, std::chrono::sys_days today) {
  if (text.size() != 2) {
    return false;
  }
  const std::size_t high = base32.find(to_upper(text[0])), low = base32.find(to_upper(text[1]));
  if (high == std::string_view::npos || low == std::string_view::npos) {
    return false;
  }
  const int now = static_cast<int>(today.time_since_epoch().count() % days_told_apart);
  const int age = (now - static_cast<int>(high * 32 + low) + days_told_apart) % days_told_apart;
  return age <= Srs::lifetime.count() || age == days_told_apart - 1;
}

/// "SRS0" and one of the separators that are in use.
bool takes_tag(std::string_view& local, std::string_view tag) {
  if (local.size() <= tag.size() || !istarts_with(local, tag) ||
      std::string_view("=+-").find(local[tag.size()]) == std::string_view::npos) {
    return false;
  }
  local.remove_prefix(tag.size() + 1);
  return true;
}

/// The text before the next "=", which goes with it; nothing when there is none.
std::optional<std::string_view> take_item(std::string_view& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return std::nullopt;
  }
  const std::string_view item = text.substr(0, equals);
  text.remove_prefix(equals + 1);
  return item;
}

std::optional<std::string> address_of(std::string local, std::string_view domain) {
  if (local.size() > longest_local_part) {
    return std::nullopt;
  }
  return std::move(local) + '@' + std::string(domain);
}

}  // namespace

/// Of the text in lower case, and compared so.
std::string Srs::hash(std::string_view text) const {
  return base64_encode(hmac_sha256(secret_, to_lower(text))).substr(0, hash_length);
}

std::optional<std::string> Srs::rewrite(std::string_view sender, std::string_view forwarder,
                                        std::chrono::sys_days today) const {
  const std::size_t at = sender.rfind('@');
  if (at == std::string_view::npos || at == 0 || sender.front() == '"') {
    return std::nullopt;
  }
  const std::string_view local = sender.substr(0, at), domain = sender.substr(at + 1);
  std::string_view rest = local;
  if (takes_tag(rest, "SRS0")) {
    const std::string signed_part = std::string(domain) + "==" + std::string(rest);
    return address_of("SRS1=" + hash(signed_part) + '=' + signed_part, forwarder);
  }
  if (takes_tag(rest, "SRS1")) {  // the first stays, we take the place of the one between
    const auto hash_of_other = take_item(rest);
    const std::size_t split = rest.find("==");
    if (hash_of_other && split != std::string_view::npos && split > 0) {
      return address_of("SRS1=" + hash(rest) + '=' + std::string(rest), forwarder);
    }
  }
  const std::string signed_part = day_of(today) + '=' + std::string(domain) + '=' + std::string(local);
  return address_of("SRS0=" + hash(signed_part) + '=' + signed_part, forwarder);
}

std::optional<std::string> Srs::original(std::string_view address, std::chrono::sys_days today) const {
  std::string_view rest = address.substr(0, address.rfind('@'));
  const bool first = takes_tag(rest, "SRS0");
  if (!first && !takes_tag(rest, "SRS1")) {
    return std::nullopt;
  }
  const auto proof = take_item(rest);
  if (!proof || !equal_constant_time(to_lower(*proof), to_lower(hash(rest)))) {
    return std::nullopt;
  }
  if (!first) {
    const std::size_t split = rest.find("==");
    if (split == std::string_view::npos || split == 0) {
      return std::nullopt;
    }
    return "SRS0=" + std::string(rest.substr(split + 2)) + '@' + std::string(rest.substr(0, split));
  }
  const auto day = take_item(rest);
  const auto domain = take_item(rest);
  if (!day || !domain || rest.empty() || !is_recent(*day, today)) {
    return std::nullopt;
  }
  return std::string(rest) + '@' + std::string(*domain);
}

}  // namespace posthouse::mail
