// What takes long becomes a job on the service; whoever wants the result waits for the job and asks again, and it is there.

import { api } from './api.js';

/** The answer to a conversion, however long it takes. `see` is told of the job, if it becomes one. */
export async function made(path, call, see = () => {}) {
  for (;;) {
    const answer = await api.send(path, call);
    if (answer.status !== 202) return answer;
    let job = await answer.json();
    while (/queued|running/.test(job.state)) {
      see(job);
      job = await api.json(`/v1/jobs/${job.id}?wait=10`, { key: call.key });
    }
    if (job.state !== 'done') throw new Error(job.error?.detail ?? job.items?.find(i => i.error)?.error.detail ?? `The job was ${job.state}.`);
  }
}
