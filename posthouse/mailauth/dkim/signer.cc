#include "posthouse/mailauth/dkim/signer.h"

#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/base/digest.h"
#include "posthouse/mailauth/dkim/clock.h"
#include "posthouse/mailauth/dkim/names_to_sign.h"
#include "posthouse/mailauth/dkim/signature_writer.h"
#include "posthouse/mailauth/dkim/signed_octets.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_name.h"

namespace posthouse::mailauth {
std::vector<std::string> SigningOptions::default_fields() {
  return {"From",
          "Sender",
          "Reply-To",
          "To",
          "Cc",
          "Subject",
          "Date",
          "Message-ID",
          "In-Reply-To",
          "References",
          "MIME-Version",
          "Content-Type",
          "Content-Transfer-Encoding",
          "Resent-From",
          "Resent-To",
          "Resent-Cc",
          "Resent-Date",
          "Resent-Message-ID",
          "List-Id",
          "List-Help",
          "List-Unsubscribe",
          "List-Unsubscribe-Post",
          "List-Subscribe",
          "List-Post",
          "List-Owner",
          "List-Archive"};
}

std::vector<std::string> SigningOptions::default_oversigned() {
  return {"From",       "Reply-To",    "To",         "Cc",           "Subject",      "Date",
          "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"};
}

DkimSigner::DkimSigner(std::vector<SigningKey> keys, SigningOptions options)
    : DkimSigner(std::make_shared<SignedMessage>(), std::move(keys), std::move(options)) {}

DkimSigner::DkimSigner(std::shared_ptr<SignedMessage> message, std::vector<SigningKey> keys, SigningOptions options)
    : message_(std::move(message)), keys_(std::move(keys)), options_(std::move(options)) {
  for (const SigningKey& key : keys_) {
    check_key_name(key.selector, key.domain);
  }
  message_->want_body_hash(options_.body);
}

DkimSigner::~DkimSigner() = default;

void DkimSigner::add(std::string_view octets) {
  message_->add(octets);
}

std::string DkimSigner::finish() {
  message_->finish();
  if (message_->header_too_large()) {
    throw Error(Errc::field, "the message's header is too large to be signed");
  }
  const std::vector<std::string> names = names_to_sign(*message_, options_);
  const Sha256 fields = digest_of_fields(*message_, names, options_.header);
  const std::string body_hash = base64_encode(message_->body_hash(options_.body));
  const std::chrono::sys_seconds now = moment_of(options_.now);
  std::string out;
  for (const SigningKey& key : keys_) {
    SignatureWriter writer("DKIM-Signature");
    writer.add("v", "1");
    writer.add("a", algorithm_of(key.key));
    writer.add("c", std::string(to_string(options_.header)) + "/" + std::string(to_string(options_.body)));
    writer.add("d", key.domain.ascii());
    writer.add("s", key.selector);
    writer.add("t", std::to_string(now.time_since_epoch().count()));
    if (options_.valid_for) {
      writer.add("x", std::to_string((now + *options_.valid_for).time_since_epoch().count()));
    }
    writer.add_list("h", names);
    writer.add("bh", body_hash);
    writer.add_signature();
    out += writer.field(key.key.sign(digest_with_own_field(fields, writer.unsigned_field(), options_.header)));
  }
  return out;
}

}  // namespace posthouse::mailauth
