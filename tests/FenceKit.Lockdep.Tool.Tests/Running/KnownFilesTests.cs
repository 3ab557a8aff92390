// SPDX-License-Identifier: MIT
using FenceKit.Lockdep.Tool.Running;
using FenceKit.Lockdep.Tool.Tests.Support;

namespace FenceKit.Lockdep.Tool.Tests.Running;

/// <summary>What has not been touched is not read again, and nothing else is taken for it.</summary>
public sealed class KnownFilesTests : IDisposable
{
    private static readonly DateTime s_longAgo = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);
    private readonly Folder _folder = new();
    private readonly string _file;
    private int _reads;

    public KnownFilesTests()
    {
        _file = _folder.Write("a.dll", "first");
        File.SetLastWriteTimeUtc(_file, s_longAgo);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_nobody_touched_is_read_once()
    {
        Assert.Equal("key of first", KeyOfNextRun());
        Assert.Equal("key of first", KeyOfNextRun());
        Assert.Equal(1, _reads);
    }

    [Fact]
    public void A_file_of_another_length_or_time_is_read_again()
    {
        KeyOfNextRun();
        _folder.Write("a.dll", "other"); // of the same length
        Assert.Equal("key of other", KeyOfNextRun());
        _folder.Write("a.dll", "longer than before");
        File.SetLastWriteTimeUtc(_file, s_longAgo);
        Assert.Equal("key of longer than before", KeyOfNextRun());
        Assert.Equal("key of longer than before", KeyOfNextRun());
        Assert.Equal(3, _reads);
    }

    [Fact]
    public void Symbols_that_come_later_count()
    {
        KeyOfNextRun();
        File.SetLastWriteTimeUtc(_folder.Write("a.pdb", "symbols"), s_longAgo);
        KeyOfNextRun();
        Assert.Equal(2, _reads);
    }

    [Fact]
    public void A_file_that_is_still_being_written_is_not_known()
    {
        File.SetLastWriteTimeUtc(_file, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(1)); // younger than any reading of it
        KeyOfNextRun();
        KeyOfNextRun();
        Assert.Equal(2, _reads);
    }

    [Fact]
    public void A_link_has_the_stamp_of_what_it_leads_to()
    {
        string link = _folder.PathOf("link.dll");
        File.CreateSymbolicLink(link, _file);
        Assert.Equal(FileStamp.Of(_file), FileStamp.Of(link));
    }

    [Fact]
    public void A_list_that_is_broken_or_cannot_be_written_costs_a_reading()
    {
        KeyOfNextRun();
        string list = Directory.GetFiles(_folder.PathOf("lists")).Single();
        File.WriteAllBytes(list, [0, 9, 10, 9, 9, 10, 255]);
        Assert.Equal("key of first", KeyOfNextRun());
        Directory.Delete(_folder.PathOf("lists"), recursive: true);
        File.WriteAllText(_folder.PathOf("lists"), "a file in the place of the folder");
        Assert.Equal("key of first", KeyOfNextRun());
        Assert.Equal(3, _reads);
    }

    private string KeyOfNextRun()
    {
        var known = KnownFiles.Read(_folder.PathOf("lists"), _folder.Root);
        string key = known.KeyOf(_file, path =>
        {
            _reads++;
            return $"key of {File.ReadAllText(path)}";
        });
        known.Save();
        return key;
    }
}
