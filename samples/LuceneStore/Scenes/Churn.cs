// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using System.Diagnostics;
using Lucene.Net.Index;
using Lucene.Net.Search;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>
/// What came of it. Refused: searches that ended with an ObjectDisposedException because somebody had disposed of their reader; Lucene wraps some of
/// these. Broken in Lucene: searches of a reader that was disposed of, which met a field that Lucene itself had set to null; no read of the directory.
/// Refused though held: searches with a reference that were refused, which must not happen. Unclean: any other exception, by type.
/// </summary>
internal sealed record ChurnResult(
    long Searches, long Refused, long BrokenInLucene, long RefusedThoughHeld, IReadOnlyDictionary<string, long> Unclean, int Commits, int Swaps)
{
    internal bool IsClean => Searches > 0 && RefusedThoughHeld == 0 && Unclean.Count == 0;
}

/// <summary>
/// Searches while documents are replaced, committed, and readers swapped. The old reader is disposed of at once, while it is being searched: half of
/// the searches hold a reference to their reader, as one should, and the other half do not.
/// </summary>
internal sealed class Churn(Lucene.Net.Store.Directory directory)
{
    private const int Documents = 2000;
    private const int ReplacedAtOnce = 100;
    private const int WholeSwapsAfterCommit = 8;

    private readonly ConcurrentDictionary<string, long> _unclean = new();
    private DirectoryReader _reader = null!;
    private bool _isOver;
    private long _searches;
    private long _refused;
    private long _brokenInLucene;
    private long _refusedThoughHeld;

    internal ChurnResult Run(TimeSpan duration, IProgress<double> progress)
    {
        int commits = 0;
        int swaps = 0;
        using (IndexWriter writer = Corpus.Write(directory))
        {
            for (int number = 0; number < Documents; number++)
            {
                writer.AddDocument(Corpus.DocumentOf(number));
            }

            writer.Commit();
            _reader = DirectoryReader.Open(directory);
            Thread[] searchers = [.. Enumerable.Range(0, Math.Max(4, Environment.ProcessorCount)).Select(seed =>
                new Thread(() => SearchUntilOver(new Random(seed), holdsReader: seed % 2 == 0)) { Name = $"searches {seed}", IsBackground = true })];
            Array.ForEach(searchers, static searcher => searcher.Start());
            var random = new Random(42);
            for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < duration; progress.Report(Stopwatch.GetElapsedTime(start) / duration))
            {
                for (int replaced = 0; replaced < ReplacedAtOnce; replaced++)
                {
                    int number = random.Next(Documents);
                    writer.UpdateDocument(Corpus.TermOf(number), Corpus.DocumentOf(number));
                }

                writer.Commit();
                commits++;
                if (DirectoryReader.OpenIfChanged(_reader) is { } changed)
                {
                    swaps += Swap(changed); // it shares most files with the old one
                }

                for (int whole = 0; whole < WholeSwapsAfterCommit; whole++)
                {
                    swaps += Swap(DirectoryReader.Open(directory)); // it shares none, so all files of the old one are closed
                }
            }

            Volatile.Write(ref _isOver, true);
            Array.ForEach(searchers, static searcher => searcher.Join());
            _reader.Dispose();
        }

        return new ChurnResult(_searches, _refused, _brokenInLucene, _refusedThoughHeld, _unclean, commits, swaps);
    }

    /// <summary>Whoever searches the old reader without a reference is in for a surprise.</summary>
    private int Swap(DirectoryReader fresh)
    {
        DirectoryReader old = _reader;
        Volatile.Write(ref _reader, fresh);
        old.Dispose();
        return 1;
    }

    private void SearchUntilOver(Random random, bool holdsReader)
    {
        while (!Volatile.Read(ref _isOver))
        {
            DirectoryReader reader = Volatile.Read(ref _reader);
            if (holdsReader && !reader.TryIncRef())
            {
                continue; // it has just been replaced
            }

            try
            {
                Search.Kinds[random.Next(Search.Kinds.Length)].Run(new IndexSearcher(reader), random);
                Interlocked.Increment(ref _searches);
            }
            catch (Exception refusal) when (IsRefusal(refusal))
            {
                Interlocked.Increment(ref holdsReader ? ref _refusedThoughHeld : ref _refused);
            }
            catch (NullReferenceException) when (!holdsReader && reader.RefCount <= 0)
            {
                Interlocked.Increment(ref _brokenInLucene);
            }
            catch (Exception unclean)
            {
                _unclean.AddOrUpdate($"{unclean.GetType().Name}: {unclean.Message}", 1, static (_, times) => times + 1);
            }
            finally
            {
                if (holdsReader)
                {
                    reader.DecRef();
                }
            }
        }
    }

    private static bool IsRefusal(Exception? failure) => failure is not null && (failure is ObjectDisposedException || IsRefusal(failure.InnerException));
}
