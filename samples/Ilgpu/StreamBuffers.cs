// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime;

namespace FenceKit.Samples.Ilgpu;

/// <summary>A stream of an accelerator, and the buffers that it keeps on the device for blocks of the host.</summary>
/// <remarks>
/// ILGPU frees a buffer when it is told to, whether a kernel uses it or not. Nothing here prevents that: a job of a block and the eviction of
/// the same block must not meet, and it is the queue that keeps them apart. <see cref="EvictedInUse"/> counts whether it did.
/// </remarks>
internal sealed class StreamBuffers : IDisposable
{
    private readonly Accelerator _accelerator;
    private readonly AcceleratorStream _stream;
    private readonly HostBlocks _host;
    private readonly Action<AcceleratorStream, Index1D, ArrayView<int>, int, int> _kernel;
    private readonly Lock _gate = new(); // for a few instructions only: an eviction must not wait for a copy
    private readonly MemoryBuffer1D<int, Stride1D.Dense>?[] _buffers; // under the gate: one that has users stays
    private readonly int[] _users;                                    // under the gate
    private long _uploads;
    private long _evictions;
    private long _evictedInUse;

    internal StreamBuffers(Accelerator accelerator, HostBlocks host)
    {
        _accelerator = accelerator;
        _host = host;
        _stream = accelerator.CreateStream();
        _kernel = accelerator.LoadAutoGroupedKernel<Index1D, ArrayView<int>, int, int>(MixKernel.Run);
        _buffers = new MemoryBuffer1D<int, Stride1D.Dense>?[host.Count];
        _users = new int[host.Count];
    }

    internal long Uploads => Interlocked.Read(ref _uploads);

    internal long Evictions => Interlocked.Read(ref _evictions);

    /// <summary>How often a buffer was to go while a kernel used it. It stayed then: else this process would be writing into memory that it gave back.</summary>
    internal long EvictedInUse => Interlocked.Read(ref _evictedInUse);

    /// <summary>The stream's thread calls this before its first job.</summary>
    internal void BindThread() => _accelerator.Bind();

    /// <summary>The job uses the buffer of a block from here until <see cref="Leave"/>: it is copied to the device if it is not there.</summary>
    /// <exception cref="AcceleratorException">The device has no room.</exception>
    internal void MakeResident(int block)
    {
        lock (_gate)
        {
            _users[block]++;
            if (_buffers[block] is not null)
            {
                return;
            }
        }

        MemoryBuffer1D<int, Stride1D.Dense> buffer = _accelerator.Allocate1D<int>(_host.WordsInBlock);
        buffer.View.BaseView.CopyFromCPU(_stream, ref MemoryMarshal.GetReference(_host[block]), _host.WordsInBlock);
        lock (_gate)
        {
            _buffers[block] = buffer; // the stream has one thread, so nobody else has made one
        }

        Interlocked.Increment(ref _uploads);
    }

    /// <summary>Launches the kernel, copies its result to the host, and waits for both.</summary>
    internal void Launch(in KernelJob job)
    {
        ArrayView<int> view = _buffers[job.Block]!.View.BaseView; // nobody takes it away before Leave
        _kernel(_stream, _host.WordsInBlock, view, job.Seed, job.Rounds);
        view.CopyToCPU(_stream, ref MemoryMarshal.GetReference(_host[job.Block]), _host.WordsInBlock);
        _stream.Synchronize();
    }

    /// <summary>The job does not use the buffer any more.</summary>
    internal void Leave(int block)
    {
        lock (_gate)
        {
            _users[block]--;
        }
    }

    /// <summary>Gives the buffer of a block back to the device.</summary>
    internal void Evict(int block)
    {
        MemoryBuffer1D<int, Stride1D.Dense>? buffer;
        lock (_gate)
        {
            if (_users[block] > 0)
            {
                Interlocked.Increment(ref _evictedInUse);
                return;
            }

            buffer = _buffers[block];
            _buffers[block] = null;
        }

        if (buffer is not null)
        {
            buffer.Dispose();
            Interlocked.Increment(ref _evictions);
        }
    }

    public void Dispose()
    {
        for (int block = 0; block < _buffers.Length; block++)
        {
            Evict(block);
        }

        _stream.Dispose();
    }
}
