// SPDX-License-Identifier: MIT
using System.Threading.Channels;

namespace FenceKit.Tests.Readme;

// snippet: DriverQuickStart
public sealed class CopyEngine(Channel<(Fence Fence, Action Work)> queue, FenceTimeline done) : IInvalidationSubscriber
{
    private readonly Lock _submit = new();

    public bool TrySubmit(InvalidationSubscription pages, AddressRange range, Action work)
    {
        if (!pages.TryBeginRead(range, out InvalidationSequence sequence)) return false;  // it is going away just now
        lock (_submit)
            return !pages.MustRetry(sequence)                                             // it did not go away meanwhile
                && queue.Writer.TryWrite((done.Issue(), work));                           // (an unbounded queue: it takes everything)
    }

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)              // phase A: never wait, never allocate
    {
        lock (_submit) fence = done.GetFence(done.Issued);                                // signals when all submitted work is done
        return true;
    }

    public async Task RunAsync()
    {
        await foreach ((Fence fence, Action work) in queue.Reader.ReadAllAsync()) { work(); done.Signal(fence); }
    }
}
// endsnippet
