// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Reports;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Reports;

public sealed class ReportFilesTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_written_replaced_and_nothing_else_is_left()
    {
        string path = _folder.PathOf("report.json");
        new ReportFiles().Write(path, "one");
        new ReportFiles().Write(path, "two ä");
        Assert.Equal("two ä"u8.ToArray(), File.ReadAllBytes(path));
        Assert.Equal(["report.json"], _folder.Files);
    }

    [Fact]
    public void A_missing_folder_is_made()
    {
        new ReportFiles().Write(_folder.PathOf("a/b/report.json"), "text");
        Assert.Equal("text", File.ReadAllText(_folder.PathOf("a/b/report.json")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    public void A_disk_that_is_full_leaves_the_older_file_and_says_what_to_do(int room)
    {
        string path = _folder.Write("report.json", "older");
        var files = new ReportFiles(temporary => new FullDisk(new FileStream(temporary, FileMode.CreateNew), room));
        string message = Assert.Throws<ToolException>(() => files.Write(path, new string('x', 1_000_000))).Message;
        Assert.Equal("older", File.ReadAllText(path));
        Assert.Equal(["report.json"], _folder.Files);
        Assert.Contains($"cannot write {path}: ", message, StringComparison.Ordinal);
        Assert.Contains("Make room, or name a file on another disk. Nothing was left half written.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_is_really_full_says_so()
    {
        if (!File.Exists("/dev/full"))
        {
            return; // only Linux has one
        }

        string message = Assert.Throws<ToolException>(() => new ReportFiles().Write("/dev/full", "text")).Message;
        Assert.Contains("Make room, or name a file on another disk.", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_stays_a_device()
    {
        if (!File.Exists("/dev/null"))
        {
            return; // Windows
        }

        new ReportFiles().Write("/dev/null", "text");
        Assert.Equal("", File.ReadAllText("/dev/null"));
    }

    [Fact]
    public void A_link_goes_on_pointing_to_its_file()
    {
        string real = _folder.Write("real.json", "older");
        string link = _folder.PathOf("link.json");
        File.CreateSymbolicLink(link, real);
        new ReportFiles().Write(link, "newer");
        Assert.Equal("newer", File.ReadAllText(real));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Theory]
    [InlineData("file/report.json")]
    [InlineData("report\0.json")]
    [InlineData("")]
    public void A_place_where_no_file_can_be_is_refused_with_what_to_do(string name)
    {
        _folder.Write("file", "a file is no folder");
        string path = name.Length == 0 ? _folder.Root : _folder.Root + Path.DirectorySeparatorChar + name;
        string message = Assert.Throws<ToolException>(() => new ReportFiles().Write(path, "text")).Message;
        Assert.Matches("Name (another file|a file in a folder that you may write to)\\. Nothing was left half written\\.$", message);
        Assert.Equal(["file"], _folder.Files);
    }

    [Fact]
    public void A_stream_that_is_denied_says_where_to_write_instead()
    {
        var files = new ReportFiles(static _ => throw new UnauthorizedAccessException("Access to the path is denied."));
        string message = Assert.Throws<ToolException>(() => files.Write(_folder.PathOf("report.json"), "text")).Message;
        Assert.EndsWith("Access to the path is denied. Name a file in a folder that you may write to. Nothing was left half written.", message, StringComparison.Ordinal);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public async Task Who_reads_while_it_is_written_sees_the_older_file_or_the_newer_one()
    {
        string path = _folder.Write("report.json", new string('a', 50_000));
        using var stop = new CancellationTokenSource();
        Task reading = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                string text = ReportFiles.Read(path);
                Assert.Equal(50_000, text.Length);
                Assert.Equal(new string(text[0], 50_000), text);
            }
        });
        for (int i = 0; i < 50; i++)
        {
            new ReportFiles().Write(path, new string((char)('a' + (i % 26)), 50_000));
        }

        await stop.CancelAsync();
        await reading;
    }

    [Fact]
    public void What_cannot_be_read_is_told_with_its_name()
    {
        Assert.Contains("missing.json", Assert.Throws<ToolException>(() => ReportFiles.Read(_folder.PathOf("missing.json"))).Message, StringComparison.Ordinal);
        Assert.Contains(_folder.Root, Assert.Throws<ToolException>(() => ReportFiles.Read(_folder.Root)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(_folder.PathOf("binary"), [0x7b, 0xff, 0xfe]);
        Assert.Contains("it is no UTF-8 text", Assert.Throws<ToolException>(() => ReportFiles.Read(_folder.PathOf("binary"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_tool_has_left_of_a_report_is_gone_with_the_next_one()
    {
        string mine = $"report.json.{Guid.NewGuid():N}.unfinished";
        string ofAnother = $"other.json.{Guid.NewGuid():N}.unfinished";
        _folder.Write(mine, "half");
        _folder.Write(ofAnother, "half");
        _folder.Write("report.json.notes.unfinished", "the user's");
        new ReportFiles().Write(_folder.PathOf("report.json"), "whole");
        Assert.Equal([ofAnother, "report.json", "report.json.notes.unfinished"], _folder.Files);
    }

    [Fact]
    public void What_another_tool_still_writes_stays()
    {
        string name = $"report.json.{Guid.NewGuid():N}.unfinished";
        using (var writing = new FileStream(_folder.PathOf(name), FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            new ReportFiles().Write(_folder.PathOf("report.json"), "whole");
            Assert.Equal(["report.json", name], _folder.Files);
        }
    }

    // Between its last byte and its new name the file is nobody's to see.
    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void A_file_that_another_tool_has_taken_for_an_abandoned_one_is_written_again(int times, bool isWritten)
    {
        string path = _folder.Write("report.json", "older");
        var files = new ReportFiles(temporary => new Swept(temporary, isSwept: times-- > 0));
        if (isWritten)
        {
            files.Write(path, "newer");
        }
        else
        {
            Assert.Throws<ToolException>(() => files.Write(path, "newer"));
        }

        Assert.Equal(isWritten ? "newer" : "older", File.ReadAllText(path));
        Assert.Equal(["report.json"], _folder.Files);
    }

    /// <summary>A file that is removed as soon as it is closed.</summary>
    private sealed class Swept(string path, bool isSwept) : FileStream(path, FileMode.CreateNew, FileAccess.Write)
    {
        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (isSwept)
            {
                File.Delete(Name);
            }
        }
    }

    /// <summary>Takes so many bytes and then fails as the system does.</summary>
    private sealed class FullDisk(Stream inner, int room) : Stream
    {
        private int _room = room;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            inner.Write(buffer, offset, Math.Min(count, _room));
            if (count > _room)
            {
                throw new IOException("No space left on device", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);
            }

            _room -= count;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
