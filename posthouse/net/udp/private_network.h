#pragma once
// A network of a test's own: no packet leaves it, its interfaces are what the test makes them.
#include <cstdlib>
#include <fstream>
#include <string>

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

namespace posthouse::net::testing {

namespace private_network {

constexpr int not_to_be_had = 77;

// Becomes root of a new name space if it is not root of this one.
inline bool enter() {
  if (unshare(CLONE_NEWNET) == 0) {
    return true;
  }
  const auto user = std::to_string(geteuid());
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return false;
  }
  return static_cast<bool>(std::ofstream("/proc/self/uid_map") << "0 " << user << " 1" << std::flush);
}

}  // namespace private_network

/// Runs `body`, with its expectations, in a child process within a new network name space, where the shell command
/// `set_up` has been run. Skips the test when that is not allowed or the command fails.
template <class F>
void in_private_network(const std::string& set_up, F&& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (!private_network::enter() || std::system(("{ " + set_up + "; } 2>/dev/null").c_str()) != 0) {
      _exit(private_network::not_to_be_had);
    }
    try {
      body();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == private_network::not_to_be_had) {
    GTEST_SKIP() << "no network name space to be had with: " << set_up;
  }
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the child failed, see above";
}

}  // namespace posthouse::net::testing
