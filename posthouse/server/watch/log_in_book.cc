#include "posthouse/server/watch/log_in_book.h"

#include <span>
#include <utility>
#include <vector>

#include "posthouse/base/portions.h"
#include "posthouse/fiber/fiber.h"
#include "posthouse/server/log/log.h"

namespace posthouse::server {
namespace {

constexpr std::size_t log_ins_in_a_job = 200;

}  // namespace

void LogInBook::note(store::LogIn log_in) {
  const std::lock_guard lock(mutex_);
  const auto place = gathered_.find(key_of(log_in));
  if (place != gathered_.end()) {
    place->second = std::move(log_in);
  } else if (gathered_.size() < most) {
    Key key = key_of(log_in);
    gathered_.emplace(std::move(key), std::move(log_in));
  }
}

void LogInBook::rename(const store::LogIn& log_in, const std::string& client) {
  {
    const std::lock_guard lock(mutex_);
    const auto place = gathered_.find(key_of(log_in));
    if (place != gathered_.end() && place->second.at == log_in.at && place->second.peer == log_in.peer) {
      gathered_.erase(place);
    }
  }
  store::LogIn renamed = log_in;
  renamed.client = client;
  note(std::move(renamed));
}

void LogInBook::note_app_password(store::AppPasswordUse use) {
  const std::lock_guard lock(mutex_);
  if (app_passwords_.size() < most || app_passwords_.contains(use.id)) {
    const std::int64_t id = use.id;
    app_passwords_[id] = std::move(use);
  }
}

/// What cannot be written is forgotten: the next log-in says it again.
void LogInBook::write_app_passwords() {
  std::map<std::int64_t, store::AppPasswordUse> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(app_passwords_);
  }
  std::vector<store::AppPasswordUse> all;
  all.reserve(taken.size());
  for (auto& [id, use] : taken) {
    all.push_back(std::move(use));
  }
  try {
    in_portions(std::span<const store::AppPasswordUse>(all), log_ins_in_a_job,
                [&](std::span<const store::AppPasswordUse> some) {
                  store_.write([&](store::Write& write) { store::write_app_password_uses(write, some); });
                });
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::warn, "log-ins not written down", "error={}", shown(error.what()));
  }
}

void LogInBook::write() {
  write_app_passwords();
  std::map<Key, store::LogIn> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(gathered_);
  }
  std::vector<store::LogIn> all;
  all.reserve(taken.size());
  for (auto& [key, log_in] : taken) {
    all.push_back(std::move(log_in));
  }
  std::size_t written = 0;
  try {
    in_portions(std::span<const store::LogIn>(all), log_ins_in_a_job, [&](std::span<const store::LogIn> some) {
      store_.write([&](store::Write& write) { store::write_log_ins(write, some); });
      written += some.size();
    });
  } catch (const posthouse::Error& error) {
    log_bounded(spdlog::level::warn, "log-ins not written down", "error={}", shown(error.what()));
    const std::lock_guard lock(mutex_);
    for (std::size_t i = written; i < all.size() && gathered_.size() < most; ++i) {
      gathered_.try_emplace(key_of(all[i]), all[i]);  // a later one of the same client stays
    }
  }
}

void LogInBook::run() {
  for (;;) {
    fiber::sleep_for(every);
    write();
  }
}

}  // namespace posthouse::server
