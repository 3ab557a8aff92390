// SPDX-License-Identifier: MIT
// What the framework has for programs with many threads, used as programs use it. Nothing in it can hang.
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using System.Threading.Channels;
using System.Threading.Tasks.Dataflow;

await Task.WhenAll(ChannelsAsync(bounded: true), ChannelsAsync(bounded: false));
await PipesAsync();
await BlocksAsync();
Meters();
Dictionaries();
Console.WriteLine("libraries: all paths were run");

static async Task ChannelsAsync(bool bounded)
{
    Channel<int> channel = bounded ? Channel.CreateBounded<int>(8) : Channel.CreateUnbounded<int>();
    Task[] writers = [.. Enumerable.Range(0, 3).Select(async writer =>
    {
        for (int i = 0; i < 500; i++)
        {
            await channel.Writer.WriteAsync(i);
        }
    })];
    Task<int>[] readers = [.. Enumerable.Range(0, 3).Select(async reader =>
    {
        int count = 0;
        await foreach (int _ in channel.Reader.ReadAllAsync())
        {
            count++;
        }

        return count;
    })];
    await Task.WhenAll(writers);
    channel.Writer.Complete();
    Console.WriteLine($"channels: {(await Task.WhenAll(readers)).Sum()}");
    Channel<int> canceled = Channel.CreateBounded<int>(1);
    using var source = new CancellationTokenSource();
    ValueTask<int> read = canceled.Reader.ReadAsync(source.Token);
    source.Cancel();
    try
    {
        await read;
    }
    catch (OperationCanceledException)
    {
    }
}

static async Task PipesAsync()
{
    var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 1024));
    Task writing = Task.Run(async () =>
    {
        for (int i = 0; i < 500; i++)
        {
            pipe.Writer.GetMemory(100);
            pipe.Writer.Advance(100);
            await pipe.Writer.FlushAsync();
        }

        await pipe.Writer.CompleteAsync();
    });
    long all = 0;
    while (true)
    {
        ReadResult result = await pipe.Reader.ReadAsync();
        all += result.Buffer.Length;
        pipe.Reader.AdvanceTo(result.Buffer.End);
        if (result.IsCompleted)
        {
            break;
        }
    }

    await writing;
    Console.WriteLine($"pipes: {all}");
}

static async Task BlocksAsync()
{
    var buffer = new BufferBlock<int>(new DataflowBlockOptions { BoundedCapacity = 16 });
    var twice = new TransformBlock<int, int>(static i => i * 2, new ExecutionDataflowBlockOptions { MaxDegreeOfParallelism = 3, BoundedCapacity = 16 });
    var batch = new BatchBlock<int>(10);
    var join = new JoinBlock<int[], int>(new GroupingDataflowBlockOptions { Greedy = false });
    var numbers = new BufferBlock<int>();
    int sum = 0;
    var end = new ActionBlock<Tuple<int[], int>>(pair => Interlocked.Add(ref sum, pair.Item1.Sum() + pair.Item2));
    var options = new DataflowLinkOptions { PropagateCompletion = true };
    buffer.LinkTo(twice, options);
    twice.LinkTo(batch, options);
    batch.LinkTo(join.Target1, options);
    numbers.LinkTo(join.Target2, options);
    join.LinkTo(end, options);
    for (int i = 0; i < 500; i++)
    {
        await buffer.SendAsync(i);
        numbers.Post(1);
    }

    buffer.Complete();
    numbers.Complete();
    await end.Completion;
    Console.WriteLine($"blocks: {sum}");
}

static void Meters()
{
    long seen = 0;
    using var meter = new Meter("case");
    Counter<long> counter = meter.CreateCounter<long>("count");
    using var listener = new MeterListener();
    listener.InstrumentPublished = (instrument, self) =>
    {
        if (instrument.Meter.Name == "case")
        {
            self.EnableMeasurementEvents(instrument);
        }
    };
    listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref seen, value));
    listener.Start();
    ObservableGauge<long> gauge = meter.CreateObservableGauge("gauge", () => 1L);
    Parallel.For(0, 200, _ =>
    {
        counter.Add(1);
        using var other = new Meter("other");
        other.CreateCounter<int>("more").Add(1);
    });
    listener.RecordObservableInstruments();
    Console.WriteLine($"meters: {seen} of {gauge.Name}");
}

static void Dictionaries()
{
    var one = new ConcurrentDictionary<int, int>();
    var two = new ConcurrentDictionary<int, int>();
    Parallel.For(0, 1000, i =>
    {
        one.AddOrUpdate(i % 100, 1, (_, before) => before + two.GetOrAdd(i % 10, 1));
        two.AddOrUpdate(i % 100, 1, (_, before) => before + one.GetOrAdd(i % 10, 1));
        _ = one.Count + two.ToArray().Length;
        one.TryRemove(i % 7, out _);
    });
    Console.WriteLine($"dictionaries: {one.Count > 0 && two.Count > 0}");
}
