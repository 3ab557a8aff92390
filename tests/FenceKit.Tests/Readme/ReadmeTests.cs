// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;

namespace FenceKit.Tests.Readme;

/// <summary>What README.md and the pages of docs show is what compiles here, and it does what it says.</summary>
public sealed partial class ReadmeTests
{
    private static readonly AddressRange s_pages = AddressRange.FromLength(0x1000, 0x4000);

    [Theory]
    [InlineData("docs/writing-a-driver.md", "DriverQuickStart", "CopyEngine.cs")]
    [InlineData("docs/writing-a-driver.md", "DriverInUse", "ReadmeTests.cs")]
    [InlineData("docs/invalidation.md", "OwnerQuickStart", "BufferPool.cs")]
    [InlineData("docs/fences.md", "AnyOf", "FencesPage.cs")]
    [InlineData("docs/fences.md", "WaitSet", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Array", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Driver", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Locks", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Bridges", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Shared", "FencesPage.cs")]
    public void A_snippet_on_a_page_is_the_code_that_is_compiled_here(string page, string name, string file)
    {
        string compiled = Between(File.ReadAllText(SourceFile(file)), $"// snippet: {name}\n", "// endsnippet");
        string printed = Between(File.ReadAllText(Path.Combine(Root(), page)), $"<!-- snippet: {name} -->\n```csharp\n", "```\n<!-- endsnippet -->");
        Assert.Equal(Unindent(compiled), Unindent(printed));
    }

    [Fact]
    public void The_readme_has_exactly_two_set_up_commands()
    {
        string[] commands = [.. CodeBlock().Matches(ReadmeText())
            .Where(block => block.Groups["language"].Length == 0)
            .SelectMany(block => block.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => line.StartsWith("dotnet ", StringComparison.Ordinal))];
        Assert.Equal(["dotnet run -c Release --project samples/Reclaim", "dotnet test -c Release"], commands);
    }

    [Fact]
    public async Task The_owner_frees_the_pages_when_the_driver_has_finished_with_them_and_before_others_come()
    {
        using InvalidationNotifier notifier = new("buffer pool");
        BufferPool.PageTable table = new();
        BufferPool pool = new(notifier, table);
        using ManualResetEventSlim started = new();
        using ManualResetEventSlim go = new();
        await using DeviceQueue<CopyJob> engine = new("copy engine", new CopyEngine());
        using IDisposable attached = engine.Attach(notifier, s_pages);

        Assert.Equal(DeviceSubmitStatus.Submitted, engine.TrySubmit(new CopyJob(s_pages, Copy), out Fence copied));
        Limit.On(started);
        Assert.False(pool.TryEvict(s_pages, TimeSpan.Zero)); // the copy is under way

        go.Set();
        Assert.Equal(FenceStatus.Signaled, await copied.WaitAsync(Limit.Time));
        Fence next = default;
        table.Parked = () => engine.TrySubmit(new CopyJob(s_pages, _ => table.Diary.Enqueue("next")), out next);
        Assert.True(pool.TryEvict(s_pages, Limit.Time));
        Assert.Equal(FenceStatus.Signaled, await next.WaitAsync(Limit.Time));
        Assert.Equal([$"park {s_pages}", $"restore {s_pages}", "copy", $"park {s_pages}", $"free {s_pages}", "next"], table.Diary);

        void Copy(CancellationToken stop)
        {
            started.Set();
            go.Wait(stop);
            table.Diary.Enqueue("copy");
        }
    }

    [Fact]
    public async Task A_job_that_throws_fails_alone_and_the_engine_goes_on()
    {
        using InvalidationNotifier notifier = new("buffer pool");
        AddressRange pages = s_pages;
        IOException broken = new("broken");
        Assert.Same(broken, await Assert.ThrowsAsync<IOException>(() => CopyAsync(_ => throw broken)));
        await using DeviceQueue<CopyJob> same = new("copy engine", new CopyEngine());
        _ = same.TrySubmit(new CopyJob(pages, _ => throw broken), out Fence failed);
        _ = same.TrySubmit(new CopyJob(pages, _ => { }), out Fence next);
        Assert.Equal(FenceStatus.Signaled, await next.WaitAsync(Limit.Time));
        Assert.Same(broken, failed.Error);

        async Task CopyAsync(Action<CancellationToken> work)
        {
            // snippet: DriverInUse
            await using DeviceQueue<CopyJob> engine = new("copy engine", new CopyEngine());
            using IDisposable attached = engine.Attach(notifier, pages);       // from here on an invalidation of the pages waits for its jobs
            if (engine.TrySubmit(new CopyJob(pages, work), out Fence copied) == DeviceSubmitStatus.Submitted)
                await copied;                                                  // throws what the job threw
            // endsnippet
        }
    }

    [Fact]
    public void Work_on_pages_that_are_going_away_waits_until_they_are_back()
    {
        using InvalidationNotifier notifier = new("buffer pool");
        DeviceQueue<CopyJob> engine = new("copy engine", new CopyEngine());
        using IDisposable attached = engine.Attach(notifier, s_pages);
        Assert.True(notifier.TrySchedule(s_pages, InvalidationReason.Unmap, out InvalidationSession session));
        bool isOver = false;
        _ = engine.TrySubmit(new CopyJob(s_pages, _ => Assert.True(Volatile.Read(ref isOver))), out Fence fence);
        Volatile.Write(ref isOver, true);
        session.BackOff();
        Assert.Equal(FenceStatus.Signaled, fence.Wait(Limit.Time));
        Limit.On(engine.DisposeAsync().AsTask());
    }

    private static string ReadmeText() => File.ReadAllText(Path.Combine(Root(), "README.md"));

    private static string SourceFile(string file) => Path.Combine(Root(), "tests", "FenceKit.Tests", "Readme", file);

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "FenceKit.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run inside the repository.");
    }

    private static string Between(string text, string first, string last)
    {
        int start = text.IndexOf(first, StringComparison.Ordinal);
        Assert.True(start >= 0, $"There is no '{first.Trim()}'.");
        start += first.Length;
        int end = text.IndexOf(last, start, StringComparison.Ordinal);
        Assert.True(end >= 0, $"'{first.Trim()}' has no end.");
        return text[start..end];
    }

    /// <summary>Without the common indent, so that a snippet may stand inside a class.</summary>
    private static string Unindent(string code)
    {
        string[] lines = code.TrimEnd().Split('\n');
        int indent = lines.Where(line => line.Trim().Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return string.Join('\n', lines.Select(line => line.Length >= indent ? line[indent..].TrimEnd() : line.Trim()));
    }

    [GeneratedRegex("^```(?<language>[a-z]*)\n(?<lines>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();
}
