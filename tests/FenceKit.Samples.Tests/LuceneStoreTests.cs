// SPDX-License-Identifier: MIT

using System.Text.Json;
using CsCheck;
using FenceKit.Samples.LuceneStore.Scenes;
using FenceKit.Samples.LuceneStore.Store;
using Lucene.Net.Store;

namespace FenceKit.Samples.Tests;

/// <summary>A directory of Lucene.NET over mapped files: it reads what the stock one reads, and closing it under its readers is harmless.</summary>
public sealed class LuceneStoreTests : IDisposable
{
    private const string Name = "data";
    private const int Length = 5000;

    private readonly string _path = System.IO.Directory.CreateTempSubdirectory("fencekit-lucene-").FullName;

    public LuceneStoreTests()
    {
        byte[] bytes = new byte[Length];
        new Random(7).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(_path, Name), bytes);
    }

    public void Dispose() => System.IO.Directory.Delete(_path, recursive: true);

    [Fact]
    public void Input_AnyOperations_ReadsWhatTheStockOneReads()
    {
        using GatedDirectory gated = new(_path);
        using NIOFSDirectory stock = new(_path);
        Gen<(int Operation, int Where, int Count)[]> steps = Gen.Select(Gen.Int[0, 8], Gen.Int[0, Length], Gen.Int[0, 199]).Array[1, 100];
        Gen.Select(Gen.Int[0, Length - 1], Gen.Int[0, Length - 1], steps).Sample(
            (start, length, operations) =>
            {
                using Lucene.Net.Store.Directory.IndexInputSlicer gatedSlicer = gated.CreateSlicer(Name, IOContext.DEFAULT);
                using Lucene.Net.Store.Directory.IndexInputSlicer stockSlicer = stock.CreateSlicer(Name, IOContext.DEFAULT);
                length %= Length - start;
                IndexInput ours = gatedSlicer.OpenSlice("slice", start, length);
                IndexInput theirs = stockSlicer.OpenSlice("slice", start, length);
                foreach ((int operation, int where, int count) in operations)
                {
                    int inside = where % (length + 1);
                    Assert.Equal(Do(theirs, operation, inside, count), Do(ours, operation, inside, count));
                    (ours, theirs) = operation == 8 ? ((IndexInput)ours.Clone(), (IndexInput)theirs.Clone()) : (ours, theirs);
                    Assert.Equal(theirs.Position, ours.Position);
                }
            },
            iter: 400,
            threads: 1);

        Assert.Equal(0, gated.MappedFiles);
    }

    [Fact]
    public void Input_OfAnEmptyFile_HasNothingToRead()
    {
        File.WriteAllBytes(Path.Combine(_path, "empty"), []);
        using GatedDirectory directory = new(_path);
        using IndexInput input = directory.OpenInput("empty", IOContext.DEFAULT);

        Assert.Equal(0, input.Length);
        Assert.Throws<EndOfStreamException>(() => input.ReadByte());
    }

    [Fact]
    public void Input_WhoseDirectoryOrOriginalIsClosed_ThrowsObjectDisposedException()
    {
        GatedDirectory directory = new(_path);
        IndexInput first = directory.OpenInput(Name, IOContext.DEFAULT);
        IndexInput clone = (IndexInput)first.Clone();
        IndexInput second = directory.OpenInput(Name, IOContext.DEFAULT);
        clone.ReadByte();
        Assert.Equal(2, directory.MappedFiles);

        first.Dispose();
        byte[] bytes = new byte[Length - 1];
        Assert.Throws<ObjectDisposedException>(() => clone.ReadBytes(bytes, 0, bytes.Length));
        Assert.Throws<ObjectDisposedException>(() => first.Clone());
        Assert.Equal((1, 1L), (directory.MappedFiles, directory.UnmappedFiles));

        directory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => second.ReadByte());
        Assert.Throws<ObjectDisposedException>(() => directory.OpenInput(Name, IOContext.DEFAULT));
        Assert.Equal((0, 2L), (directory.MappedFiles, directory.UnmappedFiles));
    }

    [Fact]
    public void Close_InTheMiddleOfReads_WaitsForThem()
    {
        // A read of this takes so long that nearly every close finds one under way: were the file unmapped then, this process would end.
        const int Rounds = 20;
        byte[] right = new byte[8 << 20];
        new Random(8).NextBytes(right);
        File.WriteAllBytes(Path.Combine(_path, "large"), right);
        using GatedDirectory directory = new(_path);
        int wrong = 0;
        for (int round = 0; round < Rounds; round++)
        {
            IndexInput input = directory.OpenInput("large", IOContext.DEFAULT);
            using CountdownEvent reading = new(2);
            Thread[] readers = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
            {
                IndexInput mine = (IndexInput)input.Clone();
                byte[] read = new byte[right.Length];
                try
                {
                    for (reading.Signal(); ; mine.Seek(0))
                    {
                        mine.ReadBytes(read, 0, read.Length);
                        Interlocked.Add(ref wrong, read.AsSpan().SequenceEqual(right) ? 0 : 1);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The end of every reader: the file was closed under it.
                }
            }))];
            Array.ForEach(readers, static reader => reader.Start());
            reading.Wait();
            input.Dispose();
            Array.ForEach(readers, static reader => reader.Join());
        }

        Assert.Equal(0, wrong);
        Assert.Equal((0, (long)Rounds), (directory.MappedFiles, directory.UnmappedFiles));
    }

    [Fact]
    public async Task Run_Short_SearchesEverywhereAndSurvivesMisuse()
    {
        string json = Path.Combine(_path, "report.json");
        SampleRun run = await RunAsync("--seconds", "2", "--documents", "1000", "--json", json);

        Assert.True(run.ExitCode == 0, run.Output + run.Error);
        Assert.DoesNotContain('\e', run.Output);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(json));
        JsonElement misuse = report.RootElement.GetProperty("misuse");
        Assert.True(misuse.GetProperty("searches").GetInt64() > 0);
        Assert.True(misuse.GetProperty("swaps").GetInt32() > 0);
        Assert.Equal(0, misuse.GetProperty("refusedThoughHeld").GetInt64());
        Assert.Empty(misuse.GetProperty("unclean").EnumerateObject());
        Assert.Equal(0, report.RootElement.GetProperty("stillMappedFiles").GetInt32());
        JsonElement[] rows = [.. report.RootElement.GetProperty("rows").EnumerateArray()];
        Assert.Equal(Search.Kinds.Select(static kind => kind.Name), rows.Select(static row => row.GetProperty("search").GetString()));
        Assert.All(rows, static row => Assert.True(row.GetProperty("gated").GetDouble() > 0));
    }

    [Fact]
    public async Task Help_SaysTheExitCodes_AndNonsenseCostsOneLine()
    {
        SampleRun help = await RunAsync("--help");
        SampleRun nonsense = await RunAsync("--documents", "few");

        Assert.Contains("Exit codes: 0", help.Output, StringComparison.Ordinal);
        Assert.Equal(2, nonsense.ExitCode);
        Assert.StartsWith("lucenestore: ", Assert.Single(nonsense.ErrorLines), StringComparison.Ordinal);
    }

    private static Task<SampleRun> RunAsync(params string[] arguments) => SampleProcess.RunAsync(arguments, assembly: typeof(Show).Assembly.Location);

    /// <summary>What comes of one operation, as a text; the end of the file is an outcome like any other, and leaves the position where it was.</summary>
    private static string Do(IndexInput input, int operation, int where, int count)
    {
        long before = input.Position;
        try
        {
            switch (operation)
            {
                case 0: return $"{input.ReadByte()}";
                case 1: return $"{input.ReadInt16()}";
                case 2: return $"{input.ReadInt32()}";
                case 3: return $"{input.ReadInt64()}";
                case 4: return $"{input.ReadVInt32()}";
                case 5: return $"{input.ReadVInt64()}";
                case 6:
                    byte[] bytes = new byte[count + 2];
                    input.ReadBytes(bytes, 1, count);
                    return Convert.ToHexString(bytes);
                default:
                    input.Seek(where);
                    return $"{input.Position} of {input.Length}";
            }
        }
        catch (Exception refusal) when (refusal is EndOfStreamException or IOException)
        {
            input.Seek(before);
            return "refused";
        }
    }
}
