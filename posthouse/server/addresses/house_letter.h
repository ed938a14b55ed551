#pragma once
// Letters that the house itself writes to somebody: a mailbox is almost full, a limit was reached. Private to this module.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/store/store.h"

namespace posthouse::server {

/// A letter of the house, ready to be written; see delivery::deliver().
struct HouseLetter {
  delivery::Letter letter{};
  delivery::Destinations to{};
};

/// What is said, in each language one after the other: of all who read mail here, nobody has said which is theirs.
struct HouseText {
  std::string subject{};
  std::string subject_zh{};
  std::string text{};
  std::string text_zh{};
};

/// A letter to `address` from the postmaster of `hostname`, with the null sender, so that nobody answers it (RFC 3834).
/// `text` is in English and in Chinese. Nothing when `resolution`, where the address leads, leads to nobody.
std::optional<HouseLetter> write_house_letter(store::Store& store, const std::string& hostname,
                                              const std::string& address, const store::Resolution& resolution,
                                              const HouseText& text);

/// A whole message, as it is, in the same way.
std::optional<HouseLetter> wrap_house_letter(store::Store& store, const std::string& address,
                                             const store::Resolution& resolution, const std::string& message);

}  // namespace posthouse::server
