#include "posthouse/mailauth/dkim/signature.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/idna.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/name.h"
#include "posthouse/mailauth/wire/tag_list.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t digest_octets = 32;
constexpr std::size_t time_digits = 12;    // RFC 6376 section 3.5
constexpr std::size_t length_digits = 76;  // there, too

/// What ends the reading of a field.
struct Fault {
  Verdict verdict;
  std::string reason;
};

std::string without_white_space(std::string_view value) {
  std::string out;
  std::copy_if(value.begin(), value.end(), std::back_inserter(out), [](char c) { return !is_space(c); });
  return out;
}

/// Reads the tags of one field into a Signature. A fault is thrown within, and goes no further than read_signature().
class SignatureReader {
 public:
  SignatureReader(const TagList& tags, SignatureKind kind, Signature& out) noexcept
      : tags_(tags), kind_(kind), out_(out) {}

  void read() {
    if (kind_ != SignatureKind::dkim) {
      read_instance();
    }
    read_names();
    read_signature();
    if (kind_ == SignatureKind::arc_seal) {
      read_seal();
    } else {
      read_canonicalization();
      read_body();
      read_fields();
    }
    read_times();
    if (kind_ == SignatureKind::dkim) {
      read_version();
      read_identity();
      read_query();
    }
    read_algorithm();
  }

 private:
  [[noreturn]] static void no(std::string reason) { throw Fault{Verdict::neutral, std::move(reason)}; }
  [[noreturn]] static void is_void(std::string reason) { throw Fault{Verdict::permerror, std::move(reason)}; }

  std::string_view needed(std::string_view name) const {
    const TagList::Tag* const tag = tags_.find(name);
    if (tag == nullptr) {
      no("no " + std::string(name) + "=");
    }
    if (tag->value.empty()) {
      no("nothing in " + std::string(name) + "=");
    }
    return tag->value;
  }

  static std::string domain_in(std::string_view name, std::string_view value) {
    std::optional<std::string> domain = domain_to_ascii(value);
    if (!domain.has_value()) {
      no(std::string(name) + "=" + printable(value, 80) + " is no domain");
    }
    return std::move(*domain);
  }

  std::optional<std::uint64_t> number_in(std::string_view name, std::size_t digits) const {
    const TagList::Tag* const tag = tags_.find(name);
    if (tag == nullptr) {
      return std::nullopt;
    }
    const std::optional<std::uint64_t> number = decode_tag_number(tag->value, digits);
    if (!number.has_value()) {
      no(std::string(name) + "=" + printable(tag->value, 40) + " is no number");
    }
    return number;
  }

  void read_names() {
    out_.algorithm = to_lower(needed("a"));
    out_.domain = domain_in("d", needed("d"));
    out_.selector = domain_in("s", needed("s"));
  }

  void read_signature() {
    const std::string_view value = needed("b");
    out_.signature_start = without_white_space(value.substr(0, 64)).substr(0, 8);
    std::optional<std::string> octets = decode_tag_base64(value);
    if (!octets.has_value()) {
      no("b= is no base64");
    }
    out_.signature = std::move(*octets);
  }

  void read_canonicalization() {
    const auto form = [](std::string_view word) {
      if (iequals(word, "simple")) {
        return Canonicalization::simple;
      }
      if (!iequals(word, "relaxed")) {
        no("unknown canonicalization " + printable(word, 40));
      }
      return Canonicalization::relaxed;
    };
    const std::string_view value = tags_.value("c", "simple");
    const std::size_t slash = value.find('/');
    out_.header = form(value.substr(0, slash));
    out_.body = slash == std::string_view::npos ? Canonicalization::simple : form(value.substr(slash + 1));
  }

  void read_body() {
    std::optional<std::string> digest = decode_tag_base64(needed("bh"));
    if (!digest.has_value()) {
      no("bh= is no base64");
    }
    out_.body_hash = std::move(*digest);
    out_.body_length = number_in("l", length_digits);
  }

  void read_fields() {
    out_.fields = colon_list(needed("h"));
    const auto is_name = [](const std::string& name) {
      return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > 32 && c < 127; });
    };
    if (!std::all_of(out_.fields.begin(), out_.fields.end(), is_name)) {
      no("h= is no list of field names");
    }
    const auto signs = [&](std::string_view name) {
      return std::find(out_.fields.begin(), out_.fields.end(), name) != out_.fields.end();
    };
    if (!signs("from")) {
      is_void("From is not signed");
    }
    if (kind_ == SignatureKind::arc_message && signs("arc-seal")) {
      is_void("h= has ARC-Seal in it");  // RFC 8617 section 4.1.2
    }
  }

  void read_times() {
    const auto moment = [](std::optional<std::uint64_t> number) -> std::optional<std::chrono::sys_seconds> {
      if (!number.has_value()) {
        return std::nullopt;
      }
      return std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(*number)));
    };
    out_.signed_at = moment(number_in("t", time_digits));
    if (kind_ == SignatureKind::arc_seal) {
      return;
    }
    out_.expires_at = moment(number_in("x", time_digits));
    if (out_.signed_at && out_.expires_at && *out_.expires_at <= *out_.signed_at) {
      is_void("x= is not after t=");
    }
  }

  void read_version() {
    if (needed("v") != "1") {
      no("v=" + printable(tags_.value("v"), 40) + " is not 1");
    }
  }

  void read_identity() {
    const TagList::Tag* const tag = tags_.find("i");
    if (tag == nullptr) {
      out_.identity = "@" + out_.domain;
      out_.identity_domain = out_.domain;
      return;
    }
    out_.identity = without_white_space(tag->value);
    const std::size_t at = out_.identity.rfind('@');
    if (at == std::string::npos) {
      no("i= has no @");
    }
    out_.identity_domain = domain_in("i", std::string_view(out_.identity).substr(at + 1));
    if (!is_domain_or_below(out_.identity_domain, out_.domain)) {
      is_void("i= is not within d=");
    }
  }

  void read_query() {
    if (!colon_list_has(tags_.value("q", "dns/txt"), "dns/txt")) {
      no("unknown query " + printable(tags_.value("q"), 40));
    }
  }

  void read_instance() {
    const std::optional<std::uint64_t> number = decode_tag_number(needed("i"), 3);
    if (!number.has_value() || *number == 0) {
      no("i= is no instance");
    }
    out_.instance = static_cast<unsigned>(*number);
  }

  void read_seal() {
    out_.header = Canonicalization::relaxed;
    out_.chain = to_lower(needed("cv"));
    if (out_.chain != "none" && out_.chain != "pass" && out_.chain != "fail") {
      no("unknown cv=" + printable(out_.chain, 40));
    }
    if (tags_.find("h") != nullptr) {
      no("h= has no place in a seal");  // RFC 8617 section 4.1.3
    }
  }

  void read_algorithm() {
    if (out_.algorithm == "rsa-sha256") {
      out_.key_type = KeyType::rsa;
    } else if (out_.algorithm == "ed25519-sha256") {
      out_.key_type = KeyType::ed25519;
    } else if (out_.algorithm == "rsa-sha1") {
      is_void("rsa-sha1 proves nothing any more");  // RFC 8301 section 3.1
    } else {
      no("unknown algorithm " + printable(out_.algorithm, 40));
    }
    if (kind_ != SignatureKind::arc_seal && out_.body_hash.size() != digest_octets) {
      no("bh= is no SHA-256 digest");
    }
  }

  const TagList& tags_;
  const SignatureKind kind_;
  Signature& out_;
};

}  // namespace

SignatureReading read_signature(std::string_view field, SignatureKind kind) {
  SignatureReading reading;
  const std::size_t colon = field.find(':');
  const std::size_t begin = colon == std::string_view::npos ? field.size() : colon + 1;
  const std::size_t end = field.ends_with("\r\n") ? field.size() - 2 : field.size();
  const std::string_view value = field.substr(begin, std::max(begin, end) - begin);
  std::string why;
  const std::optional<TagList> tags = TagList::parse(value, why);
  if (!tags.has_value()) {
    reading.fault = Verdict::neutral;
    reading.reason = "no tag list: " + why;
    return reading;
  }
  if (const TagList::Tag* const tag = tags->find("b")) {
    reading.signature.value_begin = begin + tag->value_begin;
    reading.signature.value_end = begin + tag->value_end;
  }
  try {
    SignatureReader(*tags, kind, reading.signature).read();
  } catch (Fault& fault) {
    reading.fault = fault.verdict;
    reading.reason = std::move(fault.reason);
  }
  return reading;
}

void append_unsigned_field(std::string& out, std::string_view field, const Signature& signature) {
  std::string emptied(field.substr(0, signature.value_begin));
  emptied += field.substr(signature.value_end);
  append_canonical_field(out, emptied, signature.header);
  out.resize(out.size() - 2);
}

}  // namespace posthouse::mailauth
