#pragma once
// A letter to lists: what goes on to their members. Private to this module.
//
// Each list has a letter of its own: with the list's fields in front and its owner for the reverse-path, so that bounces come to
// whoever can do something about them (RFC 5321 section 3.9.2). Not an octet of the letter itself changes, so its signatures
// hold. A member who cannot be reached keeps it from nobody else: the owner is told.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "posthouse/delivery/delivery.h"
#include "posthouse/server/addresses/house_letter.h"
#include "posthouse/server/filters/filtering.h"
#include "posthouse/server/house.h"
#include "posthouse/server/smtp/smtp_backend.h"
#include "posthouse/store/accounts/lists.h"

namespace posthouse::server {

/// The fields that a letter of `list` bears (RFC 2369, RFC 2919), each with its CRLF; only those that are ASCII.
std::string list_fields(const store::MailList& list);
/// The address of the list's owner: "owner-team@one.test" for team@one.test.
std::string list_owner_address(const std::string& list);

/// What becomes of one letter at all lists that it is for.
class ListPosts {
 public:
  /// All of them outlive it. `how` is the letter as it came.
  ListPosts(House& house, const IntakeRules& rules, const FilteredLetter& how)
      : house_(house), rules_(rules), how_(how) {}

  /// Finds the members of `list`, and lets their scripts decide. `prefix` is what this house puts in front of what the list
  /// sends on. Parks. Throws what the store throws.
  void add(const std::string& list, const delivery::Letter& letter, const std::string& prefix);
  /// Writes all of it; see delivery::deliver(write, …).
  void apply(store::Write& write);

  std::size_t mailboxes() const noexcept { return mailboxes_; }  ///< of members, once it was applied
  std::size_t queued() const noexcept;                           ///< members elsewhere

 private:
  struct Post {
    delivery::Letter letter{};
    delivery::Destinations to{};
    std::unique_ptr<FilteredLetter> how{};  ///< outlives the next
    std::unique_ptr<Filtering> filtering{};
  };

  void add_members(Post& post, const store::MailList& list, std::vector<store::ListMember> members);
  void filter(Post& post);
  void tell_owner(const store::MailList& list, const std::vector<store::ListMember>& members,
                  const std::vector<const char*>& troubles, const delivery::Letter& letter);

  House& house_;
  const IntakeRules& rules_;
  const FilteredLetter& how_;
  std::vector<std::unique_ptr<Post>> posts_;  // each where its filters know it
  std::vector<HouseLetter> reports_;
  std::size_t mailboxes_ = 0;
};

}  // namespace posthouse::server
