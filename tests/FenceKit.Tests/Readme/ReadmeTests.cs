// SPDX-License-Identifier: MIT
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace FenceKit.Tests.Readme;

/// <summary>What README.md shows is what compiles here, and it does what it says.</summary>
public sealed partial class ReadmeTests
{
    private static readonly AddressRange s_pages = AddressRange.FromLength(0x1000, 0x4000);

    [Theory]
    [InlineData("README.md", "DriverQuickStart", "CopyEngine.cs")]
    [InlineData("README.md", "OwnerQuickStart", "BufferPool.cs")]
    [InlineData("docs/fences.md", "AnyOf", "FencesPage.cs")]
    [InlineData("docs/fences.md", "WaitSet", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Array", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Driver", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Locks", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Bridges", "FencesPage.cs")]
    [InlineData("docs/fences.md", "Shared", "FencesPage.cs")]
    public void A_snippet_in_the_readme_is_the_code_that_is_compiled_here(string page, string name, string file)
    {
        string compiled = Between(File.ReadAllText(SourceFile(file)), $"// snippet: {name}\n", "// endsnippet");
        string printed = Between(File.ReadAllText(Path.Combine(Root(), page)), $"<!-- snippet: {name} -->\n```csharp\n", "```\n<!-- endsnippet -->");
        Assert.Equal(Unindent(compiled), Unindent(printed));
    }

    [Fact]
    public void The_readme_has_exactly_two_set_up_commands()
    {
        string[] commands = [.. PlainBlock().Matches(ReadmeText())
            .SelectMany(block => block.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            .Where(line => line.StartsWith("dotnet ", StringComparison.Ordinal))];
        Assert.Equal(["dotnet run -c Release --project samples/Reclaim", "dotnet test -c Release"], commands);
    }

    [Fact]
    public async Task The_owner_frees_the_pages_only_after_the_driver_has_finished_with_them()
    {
        using InvalidationNotifier notifier = new("buffer pool");
        using FenceTimeline done = new("copy engine");
        CopyEngine engine = new(Channel.CreateUnbounded<(Fence, Action)>(), done);
        using InvalidationSubscription subscription = notifier.Subscribe(s_pages, engine, "copy engine");
        BufferPool.PageTable table = new();
        BufferPool pool = new(notifier, table);

        Assert.True(engine.TrySubmit(subscription, s_pages, () => table.Diary.Add("copy")));
        Assert.False(pool.TryEvict(s_pages, TimeSpan.Zero)); // the engine does not run yet, so the copy is pending

        _ = engine.RunAsync();
        Assert.Equal(FenceStatus.Signaled, await done.GetFence(1).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.True(pool.TryEvict(s_pages, TimeSpan.FromSeconds(30)));
        Assert.Equal([$"park {s_pages}", $"restore {s_pages}", "copy", $"park {s_pages}", $"free {s_pages}"], table.Diary);
    }

    [Fact]
    public void The_driver_refuses_work_on_pages_that_are_going_away()
    {
        using InvalidationNotifier notifier = new("buffer pool");
        using FenceTimeline done = new("copy engine");
        CopyEngine engine = new(Channel.CreateUnbounded<(Fence, Action)>(), done);
        using InvalidationSubscription subscription = notifier.Subscribe(s_pages, engine, "copy engine");
        Assert.True(notifier.TrySchedule(s_pages, InvalidationReason.Unmap, out InvalidationSession session));
        Assert.False(engine.TrySubmit(subscription, s_pages, () => { }));
        session.BackOff();
        Assert.True(engine.TrySubmit(subscription, s_pages, () => { }));
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

    [GeneratedRegex("^```\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex PlainBlock();
}
