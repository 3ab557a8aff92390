// SPDX-License-Identifier: MIT
namespace FenceKit.Samples.CrossDeviceDeadlock;

/// <summary>Copies frames into the pool's memory. Others wait for its fences.</summary>
internal sealed class CopyEngine(BufferPool pool, Design design) : IInvalidationSubscriber
{
    private readonly FenceTimeline _timeline = new("copy engine", new FenceTimelineOptions { IsExported = true });

    /// <summary>The fence of the newest copy.</summary>
    public Fence Newest => _timeline.GetFence(_timeline.Issued);

    /// <summary>Begins a copy. In the good design it takes the memory now, before anybody can wait for the copy.</summary>
    public Fence Submit()
    {
        if (design == Design.Split)
        {
            pool.Rent();
        }

        return _timeline.Issue();
    }

    /// <summary>What its worker does. In the bad design it takes the memory now, when somebody may be waiting already.</summary>
    public void Execute(Action? beforeMemory = null)
    {
        using (_timeline.BeginSignaling())
        {
            if (design == Design.WaitInNotifier)
            {
                beforeMemory?.Invoke();
                pool.Rent();
            }

            _timeline.Signal(_timeline.Issued);
        }
    }

    /// <summary>Whatever is copying lets go when it is done: its own fence says when.</summary>
    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        fence = design == Design.Split ? Newest : default;
        return true;
    }
}

/// <summary>Shows frames. Before it lets go of memory, the copy into the frame that it shows must be over.</summary>
internal sealed class Display(CopyEngine engine, Design design) : IInvalidationSubscriber
{
    /// <summary>Called where the bad design begins to wait.</summary>
    public Action? Waiting { get; set; }

    public bool TrySchedule(in InvalidationRequest request, out Fence fence)
    {
        Fence copied = engine.Newest;
        if (design == Design.WaitInNotifier)
        {
            Waiting?.Invoke();
#pragma warning disable FK0006 // The mistake, on purpose: reclaim stands still until another driver signals.
            _ = copied.Wait();
#pragma warning restore FK0006
            fence = default;
            return true;
        }

        fence = copied; // the owner waits, for all at once, with a budget
        return true;
    }
}
