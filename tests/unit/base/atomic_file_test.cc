#include "base/atomic_file.h"

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/temp_folder.h"

namespace hcb {
namespace {

constexpr const char* kHelp = "give -o a path in a folder you may write to";

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

unsigned mode_of(const std::string& path) {
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

TEST_CASE("commit puts the whole text in place at once") {
  const TempFolder folder;
  const std::string path = folder.path("plan.json");
  put(path, "old");
  auto file = AtomicFile::open(path);
  REQUIRE(file.has_value());
  REQUIRE(file->write("new ").has_value());
  REQUIRE(file->write("text").has_value());
  CHECK(contents(path) == "old");
  REQUIRE(file->commit().has_value());
  CHECK(contents(path) == "new text");
  CHECK(folder.entry_count() == 1);
}

TEST_CASE("what is not committed leaves nothing behind") {
  const TempFolder folder;
  {
    auto file = AtomicFile::open(folder.path("plan.json"));
    REQUIRE(file.has_value());
    REQUIRE(file->write("half a pl").has_value());
    CHECK(folder.entry_count() == 1);
  }
  CHECK(folder.entry_count() == 0);
}

TEST_CASE("a process that ends at once removes what is not committed, and nothing else") {
  const TempFolder folder;
  auto done = AtomicFile::open(folder.path("done.json"));
  REQUIRE(done.has_value());
  REQUIRE(done->commit().has_value());
  auto open = AtomicFile::open(folder.path("open.json"));
  auto moved = *std::move(open);
  AtomicFile gone = *AtomicFile::open(folder.path("gone.json"));
  CHECK(folder.entry_count() == 3);
  AtomicFile::remove_temporaries();
  CHECK(folder.entry_count() == 1);
  CHECK(contents(folder.path("done.json")).empty());
}

struct Pair {
  AtomicFile first;
  AtomicFile second;
};

Pair written(const TempFolder& folder) {
  auto first = AtomicFile::open(folder.path("plan.json.bound"));
  auto second = AtomicFile::open(folder.path("plan.json"));
  REQUIRE((first && second));
  REQUIRE((first->write("new bound") && second->write("new plan")));
  return {*std::move(first), *std::move(second)};
}

TEST_CASE("two files take their places together") {
  const TempFolder folder;
  for (int again = 0; again < 2; ++again) {
    auto [first, second] = written(folder);
    REQUIRE(AtomicFile::commit_both(std::move(first), std::move(second)).has_value());
    CHECK(contents(folder.path("plan.json.bound")) == "new bound");
    CHECK(contents(folder.path("plan.json")) == "new plan");
    CHECK(folder.entry_count() == 2);
  }
}

TEST_CASE("where the second of two files has no place, the first stays what it was") {
  for (const bool replaces : {false, true}) {
    const TempFolder folder;
    if (replaces) put(folder.path("plan.json.bound"), "old bound");
    auto [first, second] = written(folder);
    REQUIRE(mkdir(folder.path("plan.json").c_str(), 0700) == 0);  // since it was opened
    const auto both = AtomicFile::commit_both(std::move(first), std::move(second));
    REQUIRE(!both.has_value());
    CHECK(both.error().kind == ErrorKind::output);
    CHECK(both.error().message == folder.path("plan.json") + ": cannot be written: Is a directory");
    CHECK(contents(folder.path("plan.json.bound")) == (replaces ? "old bound" : ""));
    CHECK(folder.entry_count() == (replaces ? 2 : 1));
  }
}

TEST_CASE("a moved file is committed or discarded once, by its new owner") {
  const TempFolder folder;
  auto first = AtomicFile::open(folder.path("a"));
  auto second = AtomicFile::open(folder.path("b"));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  *first = std::move(*second);  // discards a
  CHECK(folder.entry_count() == 1);
  const AtomicFile moved = std::move(*first);
  CHECK(folder.entry_count() == 1);
}

TEST_CASE("a file that exists keeps its mode, a new one gets the default") {
  const TempFolder folder;
  const mode_t mask = umask(027);
  put(folder.path("old"), "x");
  REQUIRE(chmod(folder.path("old").c_str(), 0604) == 0);
  for (const char* name : {"old", "new"}) {
    auto file = AtomicFile::open(folder.path(name));
    REQUIRE(file.has_value());
    REQUIRE(file->commit().has_value());
  }
  umask(mask);
  CHECK(mode_of(folder.path("old")) == 0604U);
  CHECK(mode_of(folder.path("new")) == 0640U);
}

TEST_CASE("places that cannot be written are refused before any work") {
  const TempFolder folder;
  put(folder.path("file"), "x");
  struct Case {
    std::string path;
    std::string reason;
  };
  for (const auto& [path, reason] : {Case{folder.root(), "Is a directory"},
                                     {folder.path("none/plan.json"), "No such file or directory"},
                                     {folder.path("file/plan.json"), "Not a directory"},
                                     {"/proc/plan.json", "No such file or directory"}}) {
    const auto file = AtomicFile::open(path);
    REQUIRE_FALSE(file.has_value());
    CHECK(file.error() == Error{ErrorKind::output, path + ": cannot be written: " + reason, kHelp});
  }
  CHECK(folder.entry_count() == 1);
}

TEST_CASE("a folder without write permission is refused" * doctest::skip(geteuid() == 0)) {
  const TempFolder folder;
  REQUIRE(chmod(folder.root().c_str(), 0555) == 0);
  const auto file = AtomicFile::open(folder.path("plan.json"));
  REQUIRE(chmod(folder.root().c_str(), 0755) == 0);
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().message ==
        folder.path("plan.json") + ": cannot be written: Permission denied");
}

TEST_CASE("a target that became a folder meanwhile is an error, and nothing is left") {
  const TempFolder folder;
  const std::string path = folder.path("plan.json");
  {
    auto file = AtomicFile::open(path);
    REQUIRE(file.has_value());
    std::filesystem::create_directory(path);
    const auto done = file->commit();
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().message == path + ": cannot be written: Is a directory");
  }
  CHECK(folder.entry_count() == 1);
}

TEST_CASE("a device is written to, not replaced; a full one is an error") {
  auto null = AtomicFile::open("/dev/null");
  REQUIRE(null.has_value());
  CHECK(null->write("gone").has_value());
  CHECK(null->commit().has_value());
  struct stat status{};
  REQUIRE(stat("/dev/null", &status) == 0);
  CHECK(S_ISCHR(status.st_mode));

  auto full = AtomicFile::open("/dev/full");
  REQUIRE(full.has_value());
  const auto written = full->write("text");
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error() ==
        Error{ErrorKind::output, "/dev/full: cannot be written: No space left on device", kHelp});
}

TEST_CASE("a FIFO stays a FIFO") {
  const TempFolder folder;
  const std::string path = folder.path("pipe");
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  auto file = AtomicFile::open(path);
  REQUIRE(file.has_value());
  REQUIRE(file->write("plan").has_value());
  CHECK(file->commit().has_value());
  char buffer[8];
  CHECK(read(reader, buffer, sizeof buffer) == 4);
  close(reader);
  CHECK(folder.entry_count() == 1);
}

}  // namespace
}  // namespace hcb
