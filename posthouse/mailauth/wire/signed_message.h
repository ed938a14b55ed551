#pragma once
// A message that goes by on its way to be verified or signed: its header is kept, its body hashed in every form that a
// signature asks for, in one pass and constant memory.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/mailauth/wire/canonicalization.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::mailauth {

class BodyHash;

/// The octets of one message, read once for all who verify or sign it.
///
///     const auto message = std::make_shared<SignedMessage>();
///     DkimVerifier dkim(message, resolver);
///     ArcVerifier arc(message, resolver);
///     while (read(chunk)) { message->add(chunk); }
///     const auto signatures = dkim.finish(10s);
///     const ArcResult chain = arc.finish(10s);
///
/// The header ends where mime::HeaderBlock says. A bare LF counts as a line end, as CRLF does; a bare CR is an octet like
/// any other.
class SignedMessage {
 public:
  /// Octets of a header that are kept; of a longer one nothing is verified or signed.
  static constexpr std::size_t most_header = 1024 * 1024;

  SignedMessage();
  ~SignedMessage();
  SignedMessage(const SignedMessage&) = delete;
  SignedMessage& operator=(const SignedMessage&) = delete;

  /// The next octets, any number of them. Throws std::bad_alloc, posthouse::Error when OpenSSL cannot hash, and what
  /// the functions of on_header() throw.
  void add(std::string_view octets);
  /// The message ends here. More than one call is as one.
  void finish();

  /// Calls `ready` once the header is there, before the first octet of the body is hashed, unless `reader`, for whom it
  /// is, is gone by then; at once when the header is there already (no body hash can be asked for any more then).
  void on_header(std::weak_ptr<void> reader, std::function<void()> ready);

  /// True when the header is longer than most_header, or has more fields than mime lists: then fields() is empty.
  bool header_too_large() const noexcept { return too_large_; }

  /// The whole fields, with their line ends (CRLF), in order; valid as long as this.
  const std::vector<std::string_view>& fields() const noexcept { return fields_; }
  /// The indexes of all fields: those of one name (case aside) are together, in order.
  std::span<const std::uint32_t> fields_by_name() const noexcept { return by_name_; }
  /// The piece of fields_by_name() for `name`, which is in lower case.
  std::span<const std::uint32_t> fields_called(std::string_view name) const noexcept;

  /// Asks for the SHA-256 digest of the body in a canonical form: of all of it, or of its first `length` octets in that
  /// form. To be called from a function of on_header(), or before. Asking again for all of it costs nothing, at any
  /// time. Throws posthouse::Error when the body has begun to go by.
  void want_body_hash(Canonicalization form, std::optional<std::uint64_t> length = std::nullopt);
  /// The digest that was asked for, 32 octets; empty when the body is shorter than `length`. After finish().
  std::string body_hash(Canonicalization form, std::optional<std::uint64_t> length = std::nullopt) const;
  /// Octets of the body in a canonical form that was asked for. After finish().
  std::uint64_t body_size(Canonicalization form) const;

 private:
  void collect(std::string_view octets);
  void header_ends();
  void list_fields(const mime::Headers& headers);
  void hash(std::string_view octets);

  std::string header_;    // until header_ends(): as it came; then with CRLF
  std::size_t line_ = 0;  // where in header_ the line at hand begins
  std::vector<std::string_view> fields_;
  std::string lower_;                    // the fields' names in lower case, one after the other
  std::vector<std::string_view> names_;  // of each field, in lower_
  std::vector<std::uint32_t> by_name_;
  std::vector<std::pair<std::weak_ptr<void>, std::function<void()>>> waiting_;  // of on_header()
  std::unique_ptr<BodyHash> bodies_[2];
  bool in_body_ = false;
  bool hashing_ = false;  // some of the body has gone by
  bool finished_ = false;
  bool too_large_ = false;
};

}  // namespace posthouse::mailauth
