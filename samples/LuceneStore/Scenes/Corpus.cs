// SPDX-License-Identifier: MIT
using System.Globalization;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Documents;
using Lucene.Net.Index;
using Lucene.Net.Util;

namespace FenceKit.Samples.LuceneStore.Scenes;

/// <summary>
/// Documents that follow from their number, so that whoever finds one can tell whether it is the right one. Words are as frequent as in a
/// language: a few stand in most documents, most in a few.
/// </summary>
internal static class Corpus
{
    internal const string Key = "key";
    internal const string Body = "body";
    internal const string Time = "time";
    internal const long EndOfTime = 1L << 40;

    private const int Words = 20_000;
    private const int ShortestBody = 30;
    private const int LongestBody = 90;

    internal static IndexWriter Write(Lucene.Net.Store.Directory directory) =>
        new(directory, new IndexWriterConfig(LuceneVersion.LUCENE_48, new WhitespaceAnalyzer(LuceneVersion.LUCENE_48)));

    internal static Document DocumentOf(int number) =>
    [
        new StringField(Key, KeyOf(number), Field.Store.YES),
        new TextField(Body, string.Join(' ', WordsOf(number).Select(WordOf)), Field.Store.NO),
        new NumericDocValuesField(Time, TimeOf(number)),
    ];

    internal static Term TermOf(int number) => new(Key, KeyOf(number));

    internal static string KeyOf(int number) => string.Create(CultureInfo.InvariantCulture, $"d{number:0000000}");

    internal static string WordOf(int word) => string.Create(CultureInfo.InvariantCulture, $"w{word}");

    internal static int NumberOf(Document found) => int.Parse(found.Get(Key).AsSpan(1), CultureInfo.InvariantCulture);

    internal static long TimeOf(int number) => new Random(~number).NextInt64(EndOfTime);

    internal static int[] WordsOf(int number)
    {
        var random = new Random(number);
        var words = new int[random.Next(ShortestBody, LongestBody)];
        for (int place = 0; place < words.Length; place++)
        {
            words[place] = (int)Math.Exp(random.NextDouble() * Math.Log(Words)); // the word of rank r stands about every r places
        }

        return words;
    }
}
