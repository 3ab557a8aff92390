// SPDX-License-Identifier: MIT
// An index of Lucene.NET in mapped memory that may be closed while it is searched.
using System.CommandLine;
using FenceKit.Samples;
using FenceKit.Samples.LuceneStore.Scenes;

if (StockChild.Asked is { } milliseconds)
{
    return StockChild.Run(milliseconds);
}

Option<int> seconds = SampleCommand.Number("--seconds", "How long the run takes, beside writing the index once", 60, 2, 600);
Option<int> documents = SampleCommand.Number("--documents", "Size of the index that is searched, generated once in the temp folder", 100_000, 1000, 10_000_000);
Option<FileInfo?> json = SampleCommand.Json();
RootCommand command = SampleCommand.Describe("An index of Lucene.NET in mapped memory that may be closed while it is searched.", seconds, documents, json);
command.SetAction(parsed =>
{
    Terminal.Prepare();
    try
    {
        return Show.Run(TimeSpan.FromSeconds(parsed.GetValue(seconds)), parsed.GetValue(documents), parsed.GetValue(json));
    }
    catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
    {
        Console.Error.WriteLine($"lucenestore: {failure.Message}");
        return SampleCommand.Bad;
    }
});
return SampleCommand.Run(command, "lucenestore", args);
