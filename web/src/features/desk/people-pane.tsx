import { Loading } from "@/components/loading";
import { Problem } from "@/components/problem";
import { words } from "./messages";
import { PeopleList } from "./people-list";
import { PlayButton } from "./play-button";
import { StaffHere } from "./staff-here";
import type { DeskData } from "./use-desk";

interface Props {
  data: DeskData;
  openRoom: string | null;
  className: string;
}

export function PeoplePane({ data, openRoom, className }: Props) {
  const { desk, loading, problems, refetch, live } = data;
  const empty = desk.participants.length === 0;
  return (
    <section
      aria-labelledby="people"
      className={`flex min-h-0 min-w-0 flex-col md:border-r md:border-line ${className}`}
    >
      <h2 id="people" className="flex h-[60px] flex-none items-center border-b border-line px-4 font-[650] max-md:h-11">
        {words.people}
        <StaffHere presence={data.presence} />
      </h2>
      <div className="min-h-0 flex-1 overflow-y-auto">
        {problems.participants && (
          <div className="p-3">
            <Problem text={words.peopleFailed(problems.participants)} onRetry={refetch} />
          </div>
        )}
        {empty && loading && <Loading />}
        {empty && !loading && !problems.participants && (
          <div className="flex flex-col items-start gap-3 p-4 text-ink-2">
            <p>{words.noPeople}</p>
            <span className="md:hidden">
              <PlayButton />
            </span>
          </div>
        )}
        <PeopleList desk={desk} presence={data.presence} openRoom={openRoom} now={live.now} />
      </div>
    </section>
  );
}
