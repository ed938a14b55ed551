#pragma once
// What somebody may do with a mailbox.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace posthouse::mail {

/// A set of rights to a mailbox (RFC 4314 section 2.1), each of which is a letter:
///
///     l  see that it is there         i  put messages into it             t  set and clear "\Deleted"
///     r  open and read it             p  send mail to it                  e  expunge
///     s  set and clear "\Seen"        k  make mailboxes below it          a  give and take rights
///     w  set and clear other flags    x  delete and rename it
///
///     const auto rights = mail::Rights::parse("lrs").value();
///     rights.has('s');      // true
///     rights.to_string();   // "lrs"
class Rights {
 public:
  constexpr Rights() noexcept = default;
  /// Those that `letters` name, in any order; the rights of old, "c" and "d" (RFC 2086), stand for "kx" and "te" (RFC 4314
  /// section 2.1.1). Nothing when a letter is none of these, also a capital.
  static std::optional<Rights> parse(std::string_view letters);
  static constexpr Rights all() noexcept { return from_bits(every()); }
  /// What bits() gave; bits that are no right are left out.
  static constexpr Rights from_bits(std::uint32_t bits) noexcept {
    Rights rights;
    rights.bits_ = bits & every();
    return rights;
  }

  /// A bit for each: 1 << (letter - 'a'). To be kept.
  constexpr std::uint32_t bits() const noexcept { return bits_; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  /// False for what is no letter of a right.
  constexpr bool has(char letter) const noexcept { return (bits_ & bit(letter)) != 0; }
  constexpr bool has_any(std::string_view letters) const noexcept { return (bits_ & bits_of(letters)) != 0; }
  constexpr bool has_all(std::string_view letters) const noexcept {
    return (bits_ & bits_of(letters)) == bits_of(letters);
  }

  constexpr Rights with(Rights more) const noexcept { return from_bits(bits_ | more.bits_); }
  constexpr Rights without(Rights those) const noexcept { return from_bits(bits_ & ~those.bits_); }

  /// In the order of RFC 4314, "lrswipkxtea", without those of old.
  std::string to_string() const;
  /// The same as GETACL and MYRIGHTS tell it: "c" and "d" at the end where one of the rights is there that they stand for.
  std::string to_string_with_old() const;

  friend constexpr bool operator==(Rights, Rights) noexcept = default;

 private:
  static constexpr std::uint32_t bit(char letter) noexcept {
    return letter >= 'a' && letter <= 'z' ? std::uint32_t{1} << (letter - 'a') : 0;
  }
  static constexpr std::uint32_t bits_of(std::string_view letters) noexcept {
    std::uint32_t bits = 0;
    for (const char letter : letters) {
      bits |= bit(letter);
    }
    return bits;
  }
  static constexpr std::string_view order = "lrswipkxtea";
  static constexpr std::uint32_t every() noexcept { return bits_of(order); }

  std::uint32_t bits_ = 0;
};

}  // namespace posthouse::mail
