#pragma once
// The answers to FETCH: what a command asks for, written message by message. Private to this module.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/server/outlet.h"
#include "posthouse/imap/wire/command/fetch.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/imap/wire/response/response_writer.h"

namespace posthouse::imap {

/// What is told beside the items that were asked for.
struct FetchExtras {
  bool uid = false;       ///< UID.
  bool modseq = false;    ///< MODSEQ.
  bool uid_only = false;  ///< UIDFETCH instead of FETCH (RFC 9586).
  NumberSet seen{};       ///< FLAGS of these: "\Seen" was set by this very command.
};

class FetchAnswers {
 public:
  /// All must outlive it.
  FetchAnswers(Outlet& outlet, OpenMailbox& mailbox, const std::vector<FetchItem>& items, FetchExtras extras);

  /// What the mailbox has to tell of each message.
  Wants wants() const noexcept { return wants_; }
  /// One response. Throws when the octets of a body cannot be read.
  void write(const Message& message);
  /// True when a part was asked for by BINARY whose encoding is not known (RFC 3516 section 4.3).
  bool met_unknown_encoding() const noexcept { return unknown_encoding_; }
  /// Bodies and pieces of them, and their octets.
  std::size_t bodies() const noexcept { return bodies_; }
  std::uint64_t octets() const noexcept { return octets_; }

 private:
  using Sink = std::function<void(std::string_view)>;

  void write_item(FetchWriter& fetch, const FetchItem& item);
  void write_body(FetchWriter& fetch, const FetchItem& item);
  void write_header_subset(FetchWriter& fetch, const FetchItem& item, response::BodyData body, const Slice& header);
  void write_slice(FetchWriter& fetch, response::BodyData body, const Slice& slice);
  void write_binary(FetchWriter& fetch, const FetchItem& item);
  void write_binary_size(FetchWriter& fetch, const FetchItem& item);
  template <class Write>
  void send_body(FetchWriter& fetch, const response::BodyData& body, bool has_nul, Write&& write);
  void write_octets(FetchWriter& fetch, response::BodyData body, std::string_view octets);
  std::optional<Slice> find(const Section& section);
  const PartTable& table();
  void read(const Slice& slice, const Sink& sink);
  /// The octets that a part's encoding stands for, piece by piece; false, with nothing done, where it is not known.
  bool decode(const FetchItem& item, const Slice& slice, const Sink& sink);

  Outlet& outlet_;
  OpenMailbox& mailbox_;
  const std::vector<FetchItem>& items_;
  FetchExtras extras_;
  Wants wants_{};
  bool has_flags_ = false;
  bool has_modseq_ = false;
  bool has_uid_ = false;
  const Message* message_ = nullptr;  // being written
  std::optional<PartTable> table_{};  // of it
  bool unknown_encoding_ = false;
  std::size_t bodies_ = 0;
  std::uint64_t octets_ = 0;
};

}  // namespace posthouse::imap
