namespace WhatsApp.Grains.Storage;

/// <summary>
/// Asks many questions at once: one call is under way at a time (or a few), and what is asked meanwhile goes with the next. A single question goes at once; a thousand
/// instances that start together need a few dozen calls. Thread-safe.
/// </summary>
/// <param name="ask">Answers of as many questions, in their order. If it throws, all of them fail with that.</param>
/// <param name="most">Questions in one call, at most.</param>
/// <param name="calls">Calls under way at a time, at most.</param>
internal sealed class Gathered<TQuestion, TAnswer>(Func<IReadOnlyList<TQuestion>, Task<IReadOnlyList<TAnswer>>> ask, int most, int calls = 1)
{
    private readonly Lock _lock = new();
    private readonly Queue<(TQuestion Question, TaskCompletionSource<TAnswer> Answer)> _waiting = new();
    private int _asking;

    /// <summary>The answer to this question.</summary>
    public Task<TAnswer> AskAsync(TQuestion question)
    {
        var answer = new TaskCompletionSource<TAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Enqueue((question, answer));
            if (_asking == calls)
                return answer.Task;
            _asking++;
        }
        // Not on the scheduler of the grain that happens to be the first.
        _ = Task.Run(AskAllAsync);
        return answer.Task;
    }

    private async Task AskAllAsync()
    {
        while (Next() is { Count: > 0 } asked)
            try
            {
                var answers = await ask(asked.ConvertAll(one => one.Question));
                for (var i = 0; i < asked.Count; i++)
                    asked[i].Answer.SetResult(answers[i]);
            }
            catch (Exception error)
            {
                foreach (var (_, answer) in asked)
                    answer.TrySetException(error);
            }
    }

    private List<(TQuestion Question, TaskCompletionSource<TAnswer> Answer)> Next()
    {
        lock (_lock)
        {
            List<(TQuestion, TaskCompletionSource<TAnswer>)> next = [];
            while (next.Count < most && _waiting.TryDequeue(out var one))
                next.Add(one);
            if (next.Count == 0)
                _asking--;
            return next;
        }
    }
}
