// Durable deliveries a second into the mailbox store, without network: what group commit gives.
//
//   store_commit [--fibers 1,16,64] [--size 4096] [--seconds 3] [--mailboxes 8] [--loops 1] [--dir DIR]
//                [--database URL] [--apart 1]
//
// Each fiber delivers one message after the other: message, body and mailbox rows in one job of the writer, joint unless
// --apart. One JSON line for each number of fibers, with the CPU time of the process for each delivery. A database on a
// server is empty, and there is one number of fibers.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/store/mailboxes/bulk.h"
#include "posthouse/store/store.h"

namespace {

using Clock = std::chrono::steady_clock;
namespace store = posthouse::store;
namespace fiber = posthouse::fiber;

struct Options {
  std::vector<unsigned> fibers{1, 16, 64};
  std::size_t size = 4096;
  double seconds = 3;
  unsigned mailboxes = 8;
  unsigned loops = 1;
  std::string dir = "store_commit.data";
  std::string database;
  bool apart = false;
};

struct Letter {
  store::StoredBody body;
  store::MailboxId mailbox;
};

void deliver_all(store::Write& write, std::span<Letter* const> letters) {
  std::vector<store::IncomingMessage> messages;
  messages.reserve(letters.size());
  for (const Letter* letter : letters) {
    messages.push_back({.body = letter->body});
  }
  const auto added = store::add_messages(write, messages);
  std::vector<store::Delivery> deliveries;
  for (std::size_t i = 0; i < added.size(); ++i) {
    deliveries.push_back({.mailbox = letters[i]->mailbox, .message = added[i]});
  }
  store::add_to_mailboxes(write, deliveries);
}

void deliver_one(store::Write& write, Letter& letter) {
  store::add_to_mailbox(write, letter.mailbox, store::add_message(write, letter.body), store::Moment());
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::vector<store::MailboxId> make_mailboxes(store::Store& store, unsigned count) {
  return store.write([&](store::Write& write) {
    posthouse::sql::Connection& db = store::own_tables(write);
    db.exec("INSERT INTO domain (name, created_at) VALUES ('bench.test', 0)");
    const auto domain = db.last_insert_id();
    std::vector<store::MailboxId> mailboxes;
    for (unsigned i = 0; i < count; ++i) {
      db.exec("INSERT INTO account (domain_id, local_part, password_hash, enabled, created_at) VALUES (?, ?, '', 1, 0)",
              domain, "user" + std::to_string(i));
      mailboxes.push_back(store::create_first_mailboxes(write, db.last_insert_id()).id);
    }
    return mailboxes;
  });
}

void measure(const Options& options, unsigned fibers) {
  std::filesystem::remove_all(options.dir);
  store::StoreOptions store_options;
  store_options.data_dir = options.dir;
  store_options.server = true;
  store_options.database = options.database;
  const auto store = store::Store::open(store_options);
  const auto mailboxes = make_mailboxes(*store, options.mailboxes);
  const std::string octets(options.size, 'x');
  std::atomic<std::uint64_t> delivered{0};
  std::atomic<std::int64_t> longest{0};
  const auto before = store->statistics();
  const double cpu = cpu_seconds();
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  fiber::RunOptions run_options;
  run_options.loops = options.loops;
  fiber::run(
      [&] {
        fiber::Scope scope;
        for (unsigned f = 0; f < fibers; ++f) {
          scope.spawn_on(f, [&, f] {
            for (auto now = Clock::now(); now < end;) {
              store::BodyWriter writer = store->new_body();
              writer.append(octets);
              Letter letter{writer.finish(), mailboxes[f % mailboxes.size()]};
              if (options.apart) {
                store->write([&](store::Write& write) { deliver_one(write, letter); });
              } else {
                store->write_jointly(letter, deliver_all, deliver_one);
              }
              ++delivered;
              const auto then = std::exchange(now, Clock::now());
              longest = std::max(longest.load(), std::chrono::nanoseconds(now - then).count());
            }
          });
        }
        scope.join();
      },
      run_options);
  const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
  const auto after = store->statistics();
  const auto count = static_cast<double>(delivered.load());
  std::printf(
      "{\"program\":\"store_commit\",\"fibers\":%u,\"size\":%zu,\"deliveries_per_second\":%.0f,"
      "\"deliveries_per_commit\":%.1f,\"cpu_us_per_delivery\":%.1f,\"longest_ms\":%.1f}\n",
      fibers, options.size, count / elapsed, count / static_cast<double>(after.commits - before.commits),
      (cpu_seconds() - cpu) * 1e6 / count, static_cast<double>(longest.load()) * 1e-6);
  std::fflush(stdout);
}

std::vector<unsigned> numbers(const char* text) {
  std::vector<unsigned> result;
  for (char* end = nullptr; *text != '\0'; text = *end == ',' ? end + 1 : end) {
    result.push_back(static_cast<unsigned>(std::strtoul(text, &end, 10)));
    if (end == text) {
      break;
    }
  }
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--fibers") {
      options.fibers = numbers(value);
    }
    if (name == "--size") {
      options.size = std::strtoul(value, nullptr, 10);
    }
    if (name == "--seconds") {
      options.seconds = std::strtod(value, nullptr);
    }
    if (name == "--mailboxes") {
      options.mailboxes = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    }
    if (name == "--loops") {
      options.loops = static_cast<unsigned>(std::strtoul(value, nullptr, 10));
    }
    if (name == "--dir") {
      options.dir = value;
    }
    if (name == "--database") {
      options.database = value;
    }
    if (name == "--apart") {
      options.apart = *value != '0';
    }
  }
  try {
    for (const unsigned fibers : options.fibers) {
      measure(options, fibers);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "store_commit: %s\n", error.what());
    return 1;
  }
  std::filesystem::remove_all(options.dir);
  return 0;
}
