#include "posthouse/server/imap/message_run.h"

namespace posthouse::server {

bool MessageRun::add(const store::SnapshotEntry& entry) {
  filling_->add(entry);
  return filling_->entries().size() < most_ || turn();
}

// The batch that is full begins to be read; meanwhile the one before it, which is there by now, is told.
bool MessageRun::turn() {
  MessageBatch* const before = reading_;
  if (before != nullptr) {
    scope_.join();
  }
  reading_ = filling_;
  scope_.spawn([batch = reading_] { batch->load(); }, "messages ahead");
  filling_ = reading_ == &one_ ? &other_ : &one_;
  return before == nullptr || tell_batch(*before);
}

void MessageRun::finish() {
  const bool rest = !filling_->entries().empty();
  if (reading_ == nullptr) {
    if (rest) {
      filling_->load();
      tell_batch(*filling_);
    }
    return;
  }
  if (rest && !turn()) {
    return;
  }
  scope_.join();
  tell_batch(*reading_);
}

bool MessageRun::tell_batch(MessageBatch& batch) {
  for (std::size_t i = 0; i < batch.entries().size(); ++i) {
    const imap::Message* const message = batch.message(i);
    if (message == nullptr) {
      gone_.add(batch.entries()[i].uid);
    } else if (!tell_(*message)) {
      return false;
    }
  }
  batch.clear();
  return true;
}

}  // namespace posthouse::server
