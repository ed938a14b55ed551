#include "commands.h"

namespace mailload {

void begin_in_turn(const Run& run, Driver& driver, long total, long at_once, const long& done,
                   const std::function<void(long number)>& begin) {
  for (long begun = done; done < total && run.troubles.count() == 0;) {
    while (begun < total && begun - done < at_once) {
      begin(begun++);
    }
    const long seen = done;
    driver.run([&] { return done > seen; });
  }
}

}  // namespace mailload
