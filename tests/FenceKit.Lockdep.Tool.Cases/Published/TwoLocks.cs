// SPDX-License-Identifier: MIT
namespace Published
{
    // npgsql/npgsql#918: a spare connector that cannot be opened under the lock of its queue is given back to the pool, whose timer takes both locks the other way round.
    internal static class NpgsqlPool
    {
        public static void Run(bool isMended)
        {
            var pool = new Npgsql.NpgsqlConnectorPool(isMended);
            pool.RequestConnector();
            pool.TimerElapsedHandler();
        }
    }

    // StackExchange/StackExchange.Redis#2376, mended in #2378: a connection that fails completes its messages under the lock of its queue, and who waits for a message
    // reads the queue for the text of an exception. The object that is locked is another one for each message.
    internal static class RedisConnection
    {
        public static void Run(bool isMended)
        {
            var connection = new StackExchange.Redis.PhysicalConnection(isMended);
            connection.ExecuteSync(isTimeout: true);
            connection.RecordConnectionFailed();
        }
    }

    // dotnet/runtime#78233: the end of a listener takes the lock of the dispatcher under that of all listeners, and a command goes the other way.
    internal static class EventListeners
    {
        public static void Run(bool isMended)
        {
            var dispatcher = new System.Diagnostics.Tracing.EventPipeEventDispatcher(isMended);
            dispatcher.RemoveEventListener();
            dispatcher.SendCommand();
        }
    }
}

namespace Npgsql
{
    internal sealed class NpgsqlConnectorPool(bool isMended)
    {
        private readonly object locker = new();
        private readonly PoolQueue _queue = new();

        public void RequestConnector()
        {
            lock (_queue)
            {
                try
                {
                    Open();
                }
                catch (IOException)
                {
                    if (!isMended)
                    {
                        ReleaseConnector();
                    }
                }
            }
        }

        public void TimerElapsedHandler()
        {
            lock (locker)
            {
                lock (_queue)
                {
                    _queue.Available.Clear();
                }
            }
        }

        private void ReleaseConnector()
        {
            lock (locker)
            {
            }
        }

        private static void Open() => throw new IOException("no server");

        private sealed class PoolQueue
        {
            public Queue<string> Available { get; } = new();
        }
    }
}

namespace StackExchange.Redis
{
    internal sealed class SimpleResultBox
    {
        public bool IsFaulted { get; set; }
    }

    internal sealed class PhysicalConnection(bool isMended)
    {
        private readonly Queue<SimpleResultBox> _writtenAwaitingResponse = new();

        public void ExecuteSync(bool isTimeout)
        {
            var source = new SimpleResultBox();
            lock (source)
            {
                if (isTimeout && !isMended)
                {
                    GetHeadMessages();
                }
            }

            if (isTimeout && isMended)
            {
                GetHeadMessages();
            }
        }

        public void RecordConnectionFailed()
        {
            lock (_writtenAwaitingResponse)
            {
                _writtenAwaitingResponse.Enqueue(new SimpleResultBox());
                if (!isMended)
                {
                    Fail(_writtenAwaitingResponse.Dequeue());
                }
            }

            if (isMended)
            {
                SimpleResultBox? next;
                lock (_writtenAwaitingResponse)
                {
                    _writtenAwaitingResponse.TryDequeue(out next);
                }

                Fail(next!);
            }
        }

        private static void Fail(SimpleResultBox source)
        {
            lock (source)
            {
                source.IsFaulted = true;
                Monitor.PulseAll(source);
            }
        }

        private void GetHeadMessages()
        {
            if (!isMended)
            {
                lock (_writtenAwaitingResponse)
                {
                }
            }
            else if (Monitor.TryEnter(_writtenAwaitingResponse, 10))
            {
                Monitor.Exit(_writtenAwaitingResponse);
            }
        }
    }
}

namespace System.Diagnostics.Tracing
{
    internal static class EventListener
    {
        public static readonly object EventListenersLock = new();
    }

    internal sealed class EventPipeEventDispatcher(bool isMended)
    {
        private readonly object m_dispatchControlLock = new();
        private Task? m_dispatchTask;

        public void RemoveEventListener()
        {
            lock (EventListener.EventListenersLock)
            {
                lock (m_dispatchControlLock)
                {
                }
            }
        }

        public void SendCommand()
        {
            if (isMended)
            {
                lock (EventListener.EventListenersLock)
                {
                    lock (m_dispatchControlLock)
                    {
                    }
                }
            }
            else
            {
                lock (m_dispatchControlLock)
                {
                    lock (EventListener.EventListenersLock)
                    {
                    }
                }
            }
        }

        public void StartDispatchTask()
        {
            m_dispatchTask = Task.Factory.StartNew(
                static () =>
                {
                    lock (EventListener.EventListenersLock)
                    {
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
            SpinWait.SpinUntil(() => m_dispatchTask.IsCompleted);
        }

        public void StopDispatchTask()
        {
            if (!isMended)
            {
                lock (EventListener.EventListenersLock)
                {
                    m_dispatchTask!.Wait();
                }

                return;
            }

            lock (EventListener.EventListenersLock)
            {
            }

            m_dispatchTask!.Wait();
        }
    }
}
