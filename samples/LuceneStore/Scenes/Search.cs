// SPDX-License-Identifier: MIT
using Lucene.Net.Index;
using Lucene.Net.Search;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>What programs ask an index for. Each search looks at the documents of its first page, and throws when one of them is wrong.</summary>
internal sealed record Search(string Name, Action<IndexSearcher, Random> Run)
{
    private const int Page = 10;

    internal static readonly Search[] Kinds =
    [
        new("by key", ByKey),
        new("ten documents", TenDocuments),
        new("one word, best first", static (searcher, random) => OneWord(searcher, random, null, null)),
        new("one word, newest first", static (searcher, random) => OneWord(searcher, random, null, s_newestFirst)),
        new("one word, of a period", static (searcher, random) => OneWord(searcher, random, s_firstHalf, null)),
        new("two words", TwoWords),
        new("phrase", Phrase),
    ];

    private static readonly Sort s_newestFirst = new(new SortField(Corpus.Time, SortFieldType.INT64, reverse: true));
    private static readonly Filter s_firstHalf = FieldCacheRangeFilter.NewInt64Range(Corpus.Time, 0, Corpus.EndOfTime / 2, includeLower: true, includeUpper: true);

    private static void ByKey(IndexSearcher searcher, Random random)
    {
        int number = AnyOf(searcher, random);
        TopDocs found = searcher.Search(new TermQuery(Corpus.TermOf(number)), Page);
        Demand(found.TotalHits == 1 && Corpus.NumberOf(searcher.Doc(found.ScoreDocs[0].Doc)) == number, "by key");
    }

    private static void TenDocuments(IndexSearcher searcher, Random random)
    {
        for (int number = 0; number < Page; number++)
        {
            Demand(Corpus.NumberOf(searcher.Doc(AnyOf(searcher, random))) < searcher.IndexReader.NumDocs, "a document");
        }
    }

    private static void OneWord(IndexSearcher searcher, Random random, Filter? filter, Sort? order)
    {
        int word = random.Next(20, 2000);
        TermQuery query = new(new Term(Corpus.Body, Corpus.WordOf(word)));
        TopDocs found = order is null ? searcher.Search(query, filter, Page) : searcher.Search(query, filter, Page, order);
        long last = long.MaxValue;
        foreach (ScoreDoc hit in found.ScoreDocs)
        {
            int number = Corpus.NumberOf(searcher.Doc(hit.Doc));
            long time = Corpus.TimeOf(number);
            Demand(Corpus.WordsOf(number).Contains(word), "one word");
            Demand(filter is null || time <= Corpus.EndOfTime / 2, "of a period");
            Demand(order is null || time <= last, "newest first");
            last = time;
        }
    }

    private static void TwoWords(IndexSearcher searcher, Random random)
    {
        int first = random.Next(5, 200);
        int second = random.Next(200, 2000);
        BooleanQuery query = new()
        {
            { new TermQuery(new Term(Corpus.Body, Corpus.WordOf(first))), Occur.MUST },
            { new TermQuery(new Term(Corpus.Body, Corpus.WordOf(second))), Occur.MUST },
        };
        foreach (ScoreDoc hit in searcher.Search(query, Page).ScoreDocs)
        {
            int[] words = Corpus.WordsOf(Corpus.NumberOf(searcher.Doc(hit.Doc)));
            Demand(words.Contains(first) && words.Contains(second), "two words");
        }
    }

    private static void Phrase(IndexSearcher searcher, Random random)
    {
        int number = AnyOf(searcher, random);
        int[] words = Corpus.WordsOf(number);
        int place = random.Next(words.Length - 1);
        PhraseQuery query = [new Term(Corpus.Body, Corpus.WordOf(words[place])), new Term(Corpus.Body, Corpus.WordOf(words[place + 1]))];
        TopDocs found = searcher.Search(query, Page);
        Demand(found.TotalHits > 0, "phrase");
        foreach (ScoreDoc hit in found.ScoreDocs)
        {
            Demand(Corpus.WordsOf(Corpus.NumberOf(searcher.Doc(hit.Doc))).AsSpan().IndexOf([words[place], words[place + 1]]) >= 0, "phrase");
        }
    }

    // Documents are only ever added and replaced, so their numbers have no holes.
    private static int AnyOf(IndexSearcher searcher, Random random) => random.Next(searcher.IndexReader.NumDocs);

    private static void Demand(bool isRight, string what)
    {
        if (!isRight)
        {
            throw new InvalidDataException($"A search ({what}) found something wrong.");
        }
    }
}
