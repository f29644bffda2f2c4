using System.Collections.Concurrent;
using System.Threading.Channels;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>
/// The open database: one writer that commits in groups, and a few readers beside it (WAL).
/// </summary>
/// <remarks>
/// The writer takes what is queued (at most <see cref="GroupSize"/>), runs each piece in its own savepoint inside one
/// <c>BEGIN IMMEDIATE … COMMIT</c>, and answers after the commit. A piece that throws is rolled back alone; its neighbours stay.
/// </remarks>
internal sealed class SqliteDatabase : IAsyncDisposable, IDisposable
{
    internal const int GroupSize = 64;
    private const int QueueLength = 1024;
    private const int Readers = 8;

    private readonly SqliteFile _file;
    private readonly Channel<IWrite> _queue = Channel.CreateBounded<IWrite>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly SemaphoreSlim _readerSlots = new(Readers);
    private readonly ConcurrentStack<SqliteSession> _idleReaders = new();
    private readonly SqliteSession _writer;
    private readonly Task _writing;
    private volatile bool _closed;

    private SqliteDatabase(SqliteFile file, SqliteSession writer)
    {
        _file = file;
        _writer = writer;
        _writing = Task.Run(WriteGroupsAsync);
    }

    /// <summary>Opens the file, brings its tables up to date, runs <paramref name="prepare"/> in the same transaction, and starts the writer.</summary>
    internal static SqliteDatabase Open(SqliteFile file, TimeProvider time, Action<SqliteSession> prepare)
    {
        file.EnsureWriteAheadLog();
        var writer = new SqliteSession(file);
        try
        {
            writer.Script("PRAGMA cache_size = -8000; PRAGMA journal_size_limit = 67108864;");
            SqliteSchema.Migrate(writer, time, prepare);
            return new SqliteDatabase(file, writer);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/> on the writer and returns after its commit. Cancelling works until it starts; then the outcome is told as it is.
    /// </summary>
    internal async ValueTask<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        var write = new Write<T>(work, cancellationToken);
        try
        {
            await _queue.Writer.WriteAsync(write, cancellationToken);
        }
        catch (ChannelClosedException exception)
        {
            throw new ObjectDisposedException("the database is closed", exception);
        }
        return await write.Outcome;
    }

    /// <summary>Runs point queries on a reader, on the caller's thread: they take microseconds.</summary>
    internal async ValueTask<T> ReadAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        await _readerSlots.WaitAsync(cancellationToken);
        try
        {
            if (!_idleReaders.TryPop(out var reader))
                reader = new SqliteSession(_file);
            try
            {
                return work(reader);
            }
            finally
            {
                Return(reader);
            }
        }
        finally
        {
            _readerSlots.Release();
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, off the caller's thread: for lists and scans.</summary>
    internal ValueTask<T> ScanAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) =>
        new(Task.Run(async () => await ReadAsync(work, cancellationToken), cancellationToken));

    /// <summary>Commits what is queued, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        if (!_queue.Writer.TryComplete())
            return;
        await _writing;
        CloseSessions();
    }

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose()
    {
        _closed = true;
        if (!_queue.Writer.TryComplete())
            return;
        _writing.Wait();
        CloseSessions();
    }

    private void CloseSessions()
    {
        while (_idleReaders.TryPop(out var reader))
            reader.Dispose();
        _writer.Dispose();
    }

    private void Return(SqliteSession reader)
    {
        if (_closed)
            reader.Dispose();
        else
            _idleReaders.Push(reader);
    }

    private async Task WriteGroupsAsync()
    {
        var group = new List<IWrite>(GroupSize);
        while (await _queue.Reader.WaitToReadAsync())
        {
            while (group.Count < GroupSize && _queue.Reader.TryRead(out var write))
                group.Add(write);
            CommitGroup(group);
            group.Clear();
        }
    }

    private void CommitGroup(List<IWrite> group)
    {
        Exception? failure = null;
        try
        {
            _writer.Execute("BEGIN IMMEDIATE");
            foreach (var write in group)
                RunInSavepoint(write);
            _writer.Execute("COMMIT");
        }
        catch (Exception exception)
        {
            failure = exception;
            Abandon();
        }
        foreach (var write in group)
            write.Complete(failure);
    }

    private void RunInSavepoint(IWrite write)
    {
        _writer.Execute("SAVEPOINT piece");
        if (!write.TryRun(_writer))
        {
            if (!_writer.InTransaction)
                throw new IOException("the database ended the transaction by itself", write.Error);
            _writer.Execute("ROLLBACK TO piece");
        }
        _writer.Execute("RELEASE piece");
    }

    private void Abandon()
    {
        try
        {
            if (_writer.InTransaction)
                _writer.Execute("ROLLBACK");
        }
        catch (Microsoft.Data.Sqlite.SqliteException)
        {
            // The first failure is the one to tell; BEGIN of the next group reports a connection that stays broken.
        }
    }

    private interface IWrite
    {
        Exception? Error { get; }
        bool TryRun(SqliteSession session);
        void Complete(Exception? groupFailure);
    }

    private sealed class Write<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) : IWrite
    {
        private readonly TaskCompletionSource<T> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Outcome => _outcome.Task;
        public Exception? Error { get; private set; }

        public bool TryRun(SqliteSession session)
        {
            try
            {
                cancellationToken.ThrowIfCancellationRequested();
                _result = work(session);
                return true;
            }
            catch (Exception exception)
            {
                Error = exception;
                return false;
            }
        }

        public void Complete(Exception? groupFailure)
        {
            var error = Error ?? groupFailure;
            if (error is null)
                _outcome.SetResult(_result);
            else if (error is OperationCanceledException canceled)
                _outcome.SetCanceled(canceled.CancellationToken);
            else
                _outcome.SetException(error);
        }
    }
}
