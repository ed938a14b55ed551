// mailload steady: letters at a steady rate, and how long each one's 250 took.
#include "commands.h"
#include "paced.h"

namespace mailload {

void run_steady(Run& run) {
  const long port = run.options.number("port", 25);
  Driver driver(run.host(), port);
  PacedLetters letters(run, driver, port,
                       {.rate = static_cast<double>(run.options.number("rate", 200)),
                        .connections = run.options.number("connections", 16),
                        .size = run.options.number("size", 4096),
                        .first = run.options.number("first", 1),
                        .users = run.options.number("users", 1)});
  const auto failed = [&] { return run.troubles.count() > 0; };
  driver.run([&] { return letters.ready() || failed(); });
  letters.start();
  const double until = now() + static_cast<double>(run.options.number("seconds", 60));
  driver.run([&] { return now() >= until || failed(); });
  letters.stop();
  driver.run();
  letters.report();
}

}  // namespace mailload
