#include "posthouse/server/authentication/signing_keys.h"

#include <algorithm>
#include <utility>

#include "posthouse/mailauth/error.h"
#include "posthouse/mime/fields/address.h"
#include "posthouse/net/fiber.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

constexpr std::size_t most_signed_authors = 100;

/// The authors of the message's one From field; none when there is not one, or one that cannot be read whole.
std::vector<mail::Address> authors_of(const mailauth::SignedMessage& message) {
  const auto from = message.fields_called("from");
  if (from.size() != 1) {
    return {};
  }
  const std::string_view field = message.fields()[from.front()];
  std::vector<mail::Address> authors;
  const auto named = mime::parse_addresses(field.substr(field.find(':') + 1), most_signed_authors + 1);
  for (const mime::Address& address : named) {
    auto author = mail::Address::parse(address.addr);
    if (!author || authors.size() == most_signed_authors) {
      return {};
    }
    authors.push_back(*std::move(author));
  }
  return authors;
}

}  // namespace

std::vector<mailauth::SigningKey> SigningKeys::of(const mail::Domain& domain) const {
  std::vector<mailauth::SigningKey> found;
  for (std::string_view name = domain.ascii(); found.empty();) {
    std::copy_if(keys_.begin(), keys_.end(), std::back_inserter(found),
                 [&](const mailauth::SigningKey& key) { return key.domain.ascii() == name; });
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos) {
      break;
    }
    name.remove_prefix(dot + 1);
  }
  return found;
}

std::string SigningKeys::sign(std::string_view message) const {
  if (empty()) {
    return {};
  }
  LetterSigner signer({std::shared_ptr<void>(), this});  // which does not outlive this call
  signer.add(message);
  return signer.finish([](const mail::Address&) { return true; }).fields;
}

std::string sign_or_log(const SigningKeys& keys, std::string_view message) {
  try {
    return keys.sign(message);
  } catch (const mailauth::Error& error) {
    log_bounded(spdlog::level::err, "cannot sign a report", "error={}", shown(error.what()));
    return {};
  }
}

LetterSigner::LetterSigner(std::shared_ptr<const SigningKeys> keys)
    : keys_(std::move(keys)), message_(std::make_shared<mailauth::SignedMessage>()) {
  message_->want_body_hash(mailauth::SigningOptions{}.body);  // who signs is known only when the header is there
}

void LetterSigner::add(std::string_view octets) {
  message_->add(octets);
}

LetterSigner::Outcome LetterSigner::finish(const std::function<bool(const mail::Address&)>& own) {
  message_->finish();
  if (message_->header_too_large()) {
    return {.reason = "the header is too large"};
  }
  Outcome outcome;
  std::vector<mailauth::SigningKey> signing;
  std::vector<mail::Domain> looked_at;
  for (const mail::Address& author : authors_of(*message_)) {
    const std::vector<mailauth::SigningKey> keys = keys_->of(author.domain());
    if (keys.empty() || std::find(looked_at.begin(), looked_at.end(), keys.front().domain) != looked_at.end()) {
      continue;
    }
    if (!own(author)) {
      outcome.reason = "From is not the sender";
      continue;
    }
    looked_at.push_back(keys.front().domain);
    for (const mailauth::SigningKey& key : keys) {
      outcome.domains.append(outcome.domains.empty() ? "" : " ").append(key.domain.ascii() + "/" + key.selector);
      signing.push_back(key);
    }
  }
  if (!signing.empty()) {
    mailauth::DkimSigner signer(message_, std::move(signing));
    outcome.fields = net::blocking([&] { return signer.finish(); });
    outcome.reason.clear();
  }
  return outcome;
}

}  // namespace posthouse::server
