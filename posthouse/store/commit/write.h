#pragma once
// A transaction that writes to the store.
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/store/changes/change.h"
#include "posthouse/store/commit/read.h"

namespace posthouse::store {

class BodyFile;
class StoredBody;

/// What Store::write gives to its function (a *job*, see writer.h): what may be written within it is what takes a Write&.
/// Beside rows it collects what must happen with them or not at all: body files that the database takes over, and the
/// changes that listeners are told of. Valid during the call, on the writer's thread.
class Write final : public Read {
 public:
  /// `body` belongs to the database once the job is committed. For add_message.
  void adopt(const StoredBody& body);
  /// The job has put rows into dead_file or dead_mailbox: the housekeeper has to see to them when it is committed. For
  /// release_messages and remove_mailbox.
  void left_for_housekeeper() noexcept { batch_.left_for_housekeeper = true; }
  /// The SQL condition that no row holds the message of the row `m`. For release_messages.
  const std::string& unheld_condition() const noexcept { return unheld_condition_; }

  /// The job has stored `message`. For add_message.
  void stored(MessageId message) noexcept { batch_.last_message = message; }

  /// Tells `change` to whoever listens once the job is durable; nobody, if the job fails.
  void note(Change change) { batch_.changes.push_back(std::move(change)); }

 private:
  friend class Writer;

  /// What the jobs of one transaction have collected.
  struct Batch {
    std::vector<std::shared_ptr<BodyFile>> files{};
    std::vector<Change> changes{};
    std::size_t octets = 0;      ///< of small bodies
    MessageId last_message = 0;  ///< 0: none
    bool left_for_housekeeper = false;
  };

  Write(sql::Connection& connection, Batch& batch, const std::string& unheld_condition) noexcept
      : Read(connection), batch_(batch), unheld_condition_(unheld_condition) {}

  Batch& batch_;
  const std::string& unheld_condition_;
};

}  // namespace posthouse::store
