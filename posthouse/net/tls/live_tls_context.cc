#include "posthouse/net/tls/live_tls_context.h"

#include <mutex>
#include <utility>

namespace posthouse::net {

struct LiveTlsContext::Slot {
  std::mutex mutex;
  TlsContext context;  // guarded by mutex
};

LiveTlsContext::LiveTlsContext(TlsContext context) : slot_(new Slot{.mutex{}, .context = std::move(context)}) {}
LiveTlsContext::~LiveTlsContext() = default;

TlsContext LiveTlsContext::current() const {
  const std::lock_guard lock(slot_->mutex);
  return slot_->context;
}

void LiveTlsContext::replace(TlsContext context) {
  const std::lock_guard lock(slot_->mutex);
  std::swap(slot_->context, context);  // the old one is freed, if at all, after the lock
}

void LiveTlsContext::reload() {
  replace(current().reload());
}

}  // namespace posthouse::net
